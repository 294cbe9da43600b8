import type { DeliveryProfile } from './delivery-profile.ts'
import type { DisabledReason } from './outcome.ts'

export interface HealthState {
  readonly health: 'HEALTHY' | 'FAILING' | 'DISABLED'
  readonly disabledReason: DisabledReason | null
  readonly disabledAt: Date | null
  readonly consecutiveFailures: number
  /** When the first of these failures ended. */
  readonly failingSince: Date | null
  readonly lastSuccessAt: Date | null
}

/** What a run of attempts to one destination showed, in the order in which they ended. */
export interface HealthEvidence {
  readonly succeededAt: Date | undefined
  /** Failures after the last success of the run. */
  readonly failures: number
  readonly firstFailureAt: Date | undefined
  /** An answer that disables by itself. */
  readonly disable: DisabledReason | undefined
}

export type HealthPolicy = Pick<
  DeliveryProfile,
  'failingAfterFailures' | 'disableAfterFailures' | 'disableAfterSeconds'
>

/** DISABLED stays until a person enables; everything else follows from the failures in a row. */
export function nextHealth(
  state: HealthState,
  evidence: HealthEvidence,
  { policy, now }: { policy: HealthPolicy; now: Date },
): HealthState {
  const consecutiveFailures = (evidence.succeededAt ? 0 : state.consecutiveFailures) + evidence.failures
  const failingSince =
    consecutiveFailures === 0
      ? null
      : evidence.succeededAt
        ? evidence.firstFailureAt!
        : (state.failingSince ?? evidence.firstFailureAt ?? null)
  const counted = { consecutiveFailures, failingSince, lastSuccessAt: evidence.succeededAt ?? state.lastSuccessAt }
  if (state.health === 'DISABLED') return { ...state, ...counted }
  const disable = evidence.disable ?? (isWornOut(counted, policy, now) ? 'CONSECUTIVE_FAILURES' : undefined)
  if (disable) return { ...counted, health: 'DISABLED', disabledReason: disable, disabledAt: now }
  const health = consecutiveFailures >= policy.failingAfterFailures ? 'FAILING' : 'HEALTHY'
  return { ...counted, health, disabledReason: null, disabledAt: null }
}

/** Each threshold that is set must be passed; with none set, never. */
function isWornOut(
  state: Pick<HealthState, 'consecutiveFailures' | 'failingSince' | 'lastSuccessAt'>,
  policy: HealthPolicy,
  now: Date,
): boolean {
  const { disableAfterFailures, disableAfterSeconds } = policy
  if (state.consecutiveFailures === 0 || (disableAfterFailures === null && disableAfterSeconds === null)) return false
  const withoutSuccessMs = now.getTime() - (state.lastSuccessAt ?? state.failingSince ?? now).getTime()
  return (
    (disableAfterFailures === null || state.consecutiveFailures >= disableAfterFailures) &&
    (disableAfterSeconds === null || withoutSuccessMs >= disableAfterSeconds * 1_000)
  )
}
