import type { Uuid } from './id.ts'
/**
 * A destination that cannot be reached costs the others nothing: after OPEN_AFTER connection-level failures or timeouts in a
 * row its circuit opens, and its deliveries are held but for one probe at a time.
 */
export interface CircuitState {
  /** Unreachable in a row. */
  readonly circuitFailures: number
  /** Null while the circuit is closed; otherwise when the next probe may go out. */
  readonly probeAt: Date | null
  readonly probeDelayS: number | null
  /** The delivery that probes now. */
  readonly probeDeliveryId: Uuid<'dlv'> | null
}

/** What a run of attempts to one destination showed, in the order in which they ended. */
export interface CircuitEvidence {
  /** Whether there was an answer, whatever its status. */
  readonly answered: boolean
  /** Attempts without an answer after the last one that had one. */
  readonly unreachable: readonly Uuid<'dlv'>[]
}

export const OPEN_AFTER = 5
const FIRST_PROBE_S = 5
const LONGEST_PROBE_S = 300

export function nextCircuit(state: CircuitState, { answered, unreachable }: CircuitEvidence, now: Date): CircuitState {
  const circuitFailures = (answered ? 0 : state.circuitFailures) + unreachable.length
  const isOpen = state.probeAt !== null && !answered
  if (isOpen && !unreachable.some((id) => id === state.probeDeliveryId)) return { ...state, circuitFailures }
  if (!isOpen && circuitFailures < OPEN_AFTER) {
    return { circuitFailures, probeAt: null, probeDelayS: null, probeDeliveryId: null }
  }
  const probeDelayS = isOpen ? Math.min((state.probeDelayS ?? FIRST_PROBE_S) * 2, LONGEST_PROBE_S) : FIRST_PROBE_S
  const probeAt = new Date(now.getTime() + probeDelayS * 1_000)
  return { circuitFailures, probeAt, probeDelayS, probeDeliveryId: null }
}

/** How long an open circuit may hold a delivery: as long as its whole schedule, and long enough for a probe. */
export function maxHeldMs(retryDelaysS: readonly number[]): number {
  const scheduleS = retryDelaysS.reduce((sum, delayS) => sum + delayS, 0)
  return Math.max(scheduleS, LONGEST_PROBE_S) * 1_000
}
