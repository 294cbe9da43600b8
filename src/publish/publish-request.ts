import { DAY_MS } from '../domain/day.ts'
import { type Id, idToUuid, parseId, type Uuid } from '../domain/id.ts'
import { isStorable } from '../domain/parse-input.ts'
import type { Problem } from '../domain/refused.ts'

/** Largest data of one event, as compact JSON in UTF-8. */
export const MAX_DATA_BYTES = 262_144
const MAX_IDEMPOTENCY_KEY_LENGTH = 255
const MAX_DELIVER_AHEAD_DAYS = 30

export interface PublishRequest {
  readonly organizationId?: string | null | undefined
  readonly organizationExternalId?: string | null | undefined
  readonly type: string
  readonly data: unknown
  readonly idempotencyKey?: string | null | undefined
  /** Not before; undefined or past means at once. */
  readonly deliverAt?: Date | null | undefined
}

/** A request whose own fields are in order; organization and type are still to be looked up. */
export interface CheckedRequest {
  readonly applicationUuid: Uuid<'app'>
  readonly organizationUuid?: Uuid<'org'> | undefined
  readonly organizationExternalId?: string | undefined
  readonly type: string
  readonly data: unknown
  readonly dataJson: string
  readonly dataBytes: number
  readonly idempotencyKey: string | null
  readonly deliverAt: Date | undefined
}

/** Checks what can be checked without the database. `path` of a problem starts at the request. */
export function checkRequest(
  applicationId: Id<'app'>,
  request: PublishRequest,
): CheckedRequest | { problems: Problem[] } {
  const problems: Problem[] = []
  const { organizationId, organizationExternalId, idempotencyKey } = request
  if ((organizationId == null) === (organizationExternalId == null)) {
    const message = 'give exactly one of organizationId and organizationExternalId'
    problems.push({ code: 'REQUIRED', message, path: ['organizationId'] })
  }
  const parsedId = organizationId == null ? undefined : parseId('org', organizationId)
  if (organizationId != null && !parsedId) {
    problems.push({
      code: 'NOT_FOUND',
      message: `there is no organization ${organizationId}`,
      path: ['organizationId'],
    })
  }
  if (idempotencyKey != null && (idempotencyKey.length === 0 || idempotencyKey.length > MAX_IDEMPOTENCY_KEY_LENGTH)) {
    const message = `is 1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} characters long`
    problems.push({ code: 'INVALID', message, path: ['idempotencyKey'] })
  }
  for (const field of ['type', 'organizationExternalId', 'idempotencyKey'] as const) {
    if (isStorable(request[field] ?? '')) continue
    problems.push({ code: 'INVALID', message: 'holds a NUL character or half a surrogate pair', path: [field] })
  }
  if (request.deliverAt && request.deliverAt.getTime() > Date.now() + MAX_DELIVER_AHEAD_DAYS * DAY_MS) {
    const message = `is more than ${MAX_DELIVER_AHEAD_DAYS} days ahead`
    problems.push({ code: 'INVALID', message, path: ['deliverAt'] })
  }
  const dataJson = JSON.stringify(request.data ?? null)
  const dataBytes = Buffer.byteLength(dataJson)
  if (dataBytes > MAX_DATA_BYTES) {
    const message = `is ${dataBytes} bytes of JSON; at most ${MAX_DATA_BYTES} (256 KB) are taken`
    problems.push({ code: 'LIMIT_EXCEEDED', message, path: ['data'] })
  }
  if (problems.length > 0) return { problems }
  return {
    applicationUuid: idToUuid(applicationId),
    organizationUuid: parsedId && idToUuid(parsedId),
    organizationExternalId: organizationExternalId ?? undefined,
    type: request.type,
    data: request.data,
    dataJson,
    dataBytes,
    idempotencyKey: idempotencyKey ?? null,
    deliverAt: request.deliverAt ?? undefined,
  }
}
