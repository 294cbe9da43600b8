import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Lease } from '../queue/jobs.ts'
import type { DeliverySkipReason, DeliveryStatus } from '../store/delivery.ts'
import type { RecordedRequest, RecordedResponse } from '../store/delivery-attempt.ts'
import type { LoadedDestination } from './destination-cache.ts'
import type { PendingRow } from './load-sql.ts'

/** A delivery that this process holds, with all that its attempt needs. */
export interface PendingDelivery {
  readonly lease: Lease
  readonly delivery: PendingRow
  /** Null when retention has dropped it. */
  readonly eventData: string | null
  /** Undefined when it was deleted. */
  readonly destination: LoadedDestination | undefined
}

/** What was tried and what came of it. */
export interface AttemptRecord {
  readonly startedAt: Date
  readonly durationMs: number
  readonly outcome: Outcome
  /** False when it failed on our side of the socket. */
  readonly wasSent: boolean
  /** Whether there was an answer. */
  readonly isReached: boolean
  /** Whether the destination was as well as it can be when the delivery was claimed. */
  readonly wasSteady: boolean
  readonly retryAt: Date | undefined
  readonly request: RecordedRequest | undefined
  /** Undefined when the body was the envelope as the profile renders it. */
  readonly requestBody: string | undefined
  readonly response: RecordedResponse | undefined
  readonly profileVersion: number
  readonly profile: DeliveryProfile
}

/**
 * How a held delivery goes on: settled with its attempt, or without one when nothing was tried. A delivery that turned
 * out to be finished keeps its status, and only its job goes.
 */
export interface AttemptResult {
  readonly lease: Lease
  readonly delivery: PendingRow
  readonly status: DeliveryStatus
  /** Set exactly when the status is SKIPPED. */
  readonly skipReason?: DeliverySkipReason
  /** When it is due again; set exactly when the status stays PENDING. */
  readonly dueAt?: Date | undefined
  readonly attempt?: AttemptRecord
}
