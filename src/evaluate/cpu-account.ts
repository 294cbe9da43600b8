/** CPU time by whom it was spent for, in a minute at a time. In this process: others have accounts of their own. */
export interface CpuAccount {
  spend(key: string, cpuUs: number, nowMs: number): void
  /** When it may spend again; undefined when it may now. */
  exhaustedUntil(key: string, nowMs: number): number | undefined
  /** The largest sum that one key with this beginning has spent within the minute. */
  highest(prefix: string, nowMs: number): { usedMs: number; endsMs: number | undefined }
}

export interface CpuLimits {
  readonly destinationCpuMs: number
  readonly organizationCpuMs: number
}

/** CPU time a minute that expressions may take; 0: no limit. */
export const defaultCpuLimits: CpuLimits = { destinationCpuMs: 1_000, organizationCpuMs: 5_000 }

const WINDOW_MS = 60_000
/** With this number of accounts, those of past minutes go. */
const MAX_KEPT = 10_000

/** 0: no limit. */
export function createCpuAccount(limitMs: number): CpuAccount {
  const spent = new Map<string, { readonly sinceMs: number; us: number }>()
  const current = (key: string, nowMs: number) => {
    const entry = spent.get(key)
    return entry && nowMs - entry.sinceMs < WINDOW_MS ? entry : undefined
  }
  return {
    spend(key, cpuUs, nowMs) {
      const entry = current(key, nowMs)
      if (entry) {
        entry.us += cpuUs
        return
      }
      if (spent.size >= MAX_KEPT) for (const one of spent.keys()) if (!current(one, nowMs)) spent.delete(one)
      spent.set(key, { sinceMs: nowMs, us: cpuUs })
    },
    exhaustedUntil(key, nowMs) {
      const entry = current(key, nowMs)
      return limitMs > 0 && entry && entry.us > limitMs * 1_000 ? entry.sinceMs + WINDOW_MS : undefined
    },
    highest(prefix, nowMs) {
      const own = [...spent.keys()].filter((key) => key.startsWith(prefix)).flatMap((key) => current(key, nowMs) ?? [])
      const [most] = own.toSorted((a, b) => b.us - a.us)
      return { usedMs: Math.round((most?.us ?? 0) / 1_000), endsMs: most && most.sinceMs + WINDOW_MS }
    },
  }
}
