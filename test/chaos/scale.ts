import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** short: in npm test. long: npm run chaos. */
    chaosForm: 'short' | 'long'
  }
}

/** How much of everything a chaos test does. */
interface ChaosScale {
  /** Published by the load, in all. */
  readonly events: number
  /** How often the fault comes, spread evenly over the publishing. */
  readonly faults: number
  /** For the whole test, milliseconds. */
  readonly timeoutMs: number
}

const forms: Readonly<Record<'short' | 'long', ChaosScale>> = {
  short: { events: 600, faults: 2, timeoutMs: 120_000 },
  long: { events: 20_000, faults: 12, timeoutMs: 300_000 },
}

export const form = inject('chaosForm')
export const scale = forms[form]

/** How many events are acknowledged when the n-th fault of `faults` comes; the first is 1. */
export function acknowledgedAtFault(n: number, faults: number = scale.faults): number {
  return Math.round((scale.events * n) / (faults + 1))
}
