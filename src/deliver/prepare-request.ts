import type { ConnectorRequest, RequestContext } from '../connector/define-connector.ts'
import { parseRequest } from '../connector/parse-result.ts'
import type { ReadyConnector } from '../connector/registry.ts'
import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import { renderEnvelope } from '../domain/envelope.ts'
import { type Id, idFromUuid, type Uuid, uuidTime } from '../domain/id.ts'
import { signatureHeaders } from '../domain/signature.ts'
import type { OutboundRequest } from '../outbound/outbound.ts'
import type { LoadedDestination } from './destination-cache.ts'

/** Which event goes out, and as which attempt. */
export interface DeliveryContext {
  readonly eventId: Uuid<'evt'>
  readonly eventType: string
  /** Compact JSON. */
  readonly eventData: string
  readonly deliveryId: Uuid<'dlv'>
  readonly attemptNumber: number
  readonly isTest: boolean
  readonly now: Date
}

export interface PreparedRequest extends OutboundRequest {
  readonly body: string
  /** True when the body is the envelope as the profile renders it of the event, so that it need not be stored. */
  readonly isEnvelope: boolean
  /** What it was built from. */
  readonly context: RequestContext<unknown, unknown>
}

/** Told of a request that took longer to build than the other deliveries of the process can bear. */
export type OnSlow = (connector: ReadyConnector, durationMs: number) => void

/** The longest that building a request may take: nothing else is done meanwhile. */
export const MAX_BUILD_MS = 50

/** What a request is made of, besides the event. */
export type RequestSource = Pick<
  LoadedDestination,
  | 'organizationId'
  | 'organizationExternalId'
  | 'config'
  | 'credentials'
  | 'headers'
  | 'signingKeys'
  | 'shape'
  | 'profile'
>

interface NamedDelivery extends DeliveryContext {
  readonly publicEventId: Id<'evt'>
}

/** The connector's request with the profile's headers and signature. Throws what the connector throws. */
export function prepareRequest(
  connector: ReadyConnector,
  destination: RequestSource,
  given: DeliveryContext,
  onSlow?: OnSlow,
): PreparedRequest {
  const delivery = { ...given, publicEventId: idFromUuid('evt', given.eventId) }
  const context = requestContext(destination, delivery)
  const startedAt = performance.now()
  const built = parseRequest(connector.definition.buildRequest(context))
  const durationMs = performance.now() - startedAt
  if (durationMs > MAX_BUILD_MS) onSlow?.(connector, durationMs)
  const body = built.body ?? ''
  return {
    method: built.method ?? 'POST',
    url: built.url,
    headers: joinHeaders(
      { 'content-type': 'application/json' },
      destination.headers,
      built.headers ?? {},
      signed(built, body, { destination, delivery }),
    ),
    body,
    isEnvelope: body === context.body && !destination.shape.transform,
    context,
  }
}

/** A header that several have goes out once, as the last of them spells it. */
function joinHeaders(...all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const joined = new Map<string, [name: string, value: string]>()
  for (const headers of all) for (const name in headers) joined.set(name.toLowerCase(), [name, headers[name]!])
  return Object.fromEntries(joined.values())
}

function requestContext(destination: RequestSource, delivery: NamedDelivery): RequestContext<unknown, unknown> {
  const event = {
    id: delivery.publicEventId,
    type: delivery.eventType,
    createdAt: uuidTime(delivery.eventId),
    organizationId: destination.organizationExternalId ?? idFromUuid('org', destination.organizationId),
  }
  let data: unknown
  return {
    event: {
      ...event,
      // Parsed when a connector looks at it: most send the body as it is.
      get data() {
        data ??= JSON.parse(delivery.eventData)
        return data
      },
    },
    body: renderEnvelope(destination.profile.envelope, { ...event, dataJson: delivery.eventData }),
    config: destination.config,
    credentials: destination.credentials,
    delivery: {
      get id() {
        return idFromUuid('dlv', delivery.deliveryId)
      },
      attempt: delivery.attemptNumber,
      isTest: delivery.isTest,
    },
  }
}

function signed(
  built: ConnectorRequest,
  body: string,
  { destination, delivery }: { destination: RequestSource; delivery: NamedDelivery },
): Record<string, string> {
  if (!built.sign) return {}
  const { profile } = destination
  const keys = destination.signingKeys
    .filter((one) => one.expiresAt === null || one.expiresAt > delivery.now)
    .map((one) => one.key)
  const timestampS = Math.floor(delivery.now.getTime() / 1_000)
  return {
    ...profileHeaders(profile.headers, delivery, timestampS),
    ...signatureHeaders(profile.signatures, keys, { id: delivery.publicEventId, timestampS, body }),
  }
}

function profileHeaders(
  headers: DeliveryProfile['headers'],
  delivery: NamedDelivery,
  timestampS: number,
): Record<string, string> {
  return Object.fromEntries(headers.map(({ name, source }) => [name, headerValue(source, delivery, timestampS)]))
}

function headerValue(
  source: DeliveryProfile['headers'][number]['source'],
  delivery: NamedDelivery,
  timestampS: number,
): string {
  switch (source) {
    case 'ID':
      return delivery.publicEventId
    case 'TYPE':
      return delivery.eventType
    case 'DELIVERY_ID':
      return idFromUuid('dlv', delivery.deliveryId)
    case 'DELIVERY_UUID':
      return delivery.deliveryId
    case 'ATTEMPT':
      return String(delivery.attemptNumber)
    case 'TIMESTAMP':
      return String(timestampS)
    default:
      return source satisfies never
  }
}
