import { type Sql, sqlState } from './sql.ts'

/** Whether Postgres takes writes, by what became of those that were tried. */
export interface WriteHealth {
  /** Passes a write through, and remembers how it went. */
  watch<T>(write: Promise<T>): Promise<T>
  /** Why the last write failed, for `FORGET_AFTER_MS` or until one succeeds; undefined when nothing is known against it. */
  readonly failure: 'read-only' | 'full' | undefined
}

/** Without traffic nobody finds out that it is mended, and a process that is not ready gets no traffic. */
const FORGET_AFTER_MS = 10_000

export function createWriteHealth(): WriteHealth {
  let last: { readonly reason: 'read-only' | 'full'; readonly atMs: number } | undefined
  return {
    async watch(write) {
      try {
        const result = await write
        last = undefined
        return result
      } catch (error) {
        const reason = reasonOf(error)
        if (reason) last = { reason, atMs: performance.now() }
        throw error
      }
    },
    get failure() {
      return last && performance.now() - last.atMs < FORGET_AFTER_MS ? last.reason : undefined
    },
  }
}

/** Whether Postgres says by itself that it takes no writes: a standby, or a primary that was set so. */
export async function isReadOnly(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ setting: string }>(`select current_setting('transaction_read_only') as setting`)
  return row!.setting === 'on'
}

function reasonOf(error: unknown): 'read-only' | 'full' | undefined {
  const state = sqlState(error)
  if (state === '25006') return 'read-only'
  return state === '53100' ? 'full' : undefined
}
