import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Lease } from '../queue/jobs.ts'
import type { DeliverySkipReason } from '../store/delivery.ts'
import type { RecordedRequest, RecordedResponse } from '../store/delivery-attempt.ts'
import type { LoadedDestination } from './destination-cache.ts'
import type { PendingRow } from './load-sql.ts'

/** A delivery that this process has leased, with all that its attempt needs. */
export interface PendingDelivery {
  readonly lease: Lease
  readonly delivery: PendingRow
  /** Null when retention has dropped it. */
  readonly eventData: string | null
  /** Undefined when it was deleted. */
  readonly destination: LoadedDestination | undefined
}

/** An attempt as it is stored, with its outcome. */
export interface AttemptRecord {
  readonly startedAt: Date
  readonly durationMs: number
  readonly outcome: Outcome
  /** Undefined when the attempt failed on our side of the socket. */
  readonly sent: SentRecord | undefined
  /** Whether the destination was as well as it can be when the delivery was claimed. */
  readonly wasSteady: boolean
  /** When it is tried again; undefined when this was the last try. */
  readonly retryAt: Date | undefined
  readonly profileVersion: number
  readonly profile: DeliveryProfile
}

interface SentRecord {
  readonly wasAnswered: boolean
  /** Undefined when it could not be stored. */
  readonly exchange: ExchangeRecord | undefined
}

/** Request and response as they are stored: without secrets, and no longer than texts may be. */
export interface ExchangeRecord {
  readonly request: RecordedRequest
  /** Undefined when the body was the envelope as the profile renders it. */
  readonly requestBody: string | undefined
  readonly response: RecordedResponse | undefined
}

/** How a leased delivery goes on. Only `attempted` leaves an attempt behind. */
export type AttemptResult = { readonly lease: Lease; readonly delivery: PendingRow } & AttemptEnd

export type AttemptEnd =
  /** It was finished when it was claimed: only its job goes. */
  | { readonly kind: 'finished' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'skipped'; readonly reason: DeliverySkipReason }
  /** It cannot be tried now, and waits until then. */
  | { readonly kind: 'postponed'; readonly dueAt: Date; readonly because: 'SETTINGS' | 'EXPRESSIONS' }
  | { readonly kind: 'attempted'; readonly attempt: AttemptRecord }
