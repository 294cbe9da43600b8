import type { DeliveryQuery, DestinationCreateInput } from '../client/generated/documents.ts'
import * as documents from '../client/generated/documents.ts'
import { type Endpoint, request } from '../client/request.ts'
import { openSocket, subscribe } from '../client/subscribe.ts'
import type { ReadyConnector } from '../connector/registry.ts'
import { secretTextsOf } from '../domain/redact.ts'
import { canaryOf } from './canary.ts'
import type { Case, KitOptions, Verdict } from './finding.ts'
import { opensSockets } from './opens-sockets.ts'
import type { KitServer } from './server.ts'
import { startService } from './service.ts'
import type { Parsed, Subject } from './subject.ts'

/** Deliveries that go out at the same time. */
const COUNT = 10

/** How the server is loaded: it differs under vitest. */
export type LoadServer = () => Promise<typeof import('./server.ts')>

interface LiveOptions extends KitOptions {
  readonly loadServer: LoadServer
}

export function liveCases(subject: Subject, options: LiveOptions): Case[] {
  const name = `${COUNT} events at once arrive through the real pipeline`
  return [{ group: 'live', name, run: () => sendThem(subject, options) }]
}

async function sendThem(
  subject: Subject,
  { databaseUrl, template, loadServer, ...options }: LiveOptions,
): Promise<Verdict> {
  const live = typeof options.live === 'function' ? await options.live() : options.live
  const { connector } = subject
  const { definition } = connector
  if (!live && (await opensSockets(subject)))
    return { skipped: 'it opens sockets of its own: give testConnector the settings of a server as options.live' }
  const settings = live ? { credentials: {}, ...live } : canaryOf(subject).settings
  await using service = await startService(definition)
  const wrapOutbound = live ? undefined : service.redirect
  const { startKitServer } = await loadServer()
  await using server = await startKitServer({
    connector: live ? connector : withoutRateLimit(connector),
    databaseUrl,
    template,
    wrapOutbound: wrapOutbound ?? ((outbound) => outbound),
  })
  const deliveries = await deliverThem(server, definition.key, settings)
  // Requests of deliver, onCreate and onDelete are the connector's own matter.
  const isCounted = !live && !definition.deliver && !definition.onCreate
  return [
    ...deliveries.flatMap(deliveryProblems),
    ...(isCounted && service.received() !== COUNT
      ? [`${service.received()} requests arrived for ${COUNT} events`]
      : []),
    ...leaks('A record', JSON.stringify(deliveries), settings),
    ...leaks('The log', server.logged(), settings),
  ]
}

/** The stand-in takes what comes: at the service's own rate, ten events take up to ten seconds. */
function withoutRateLimit(connector: ReadyConnector): ReadyConnector {
  const { rateLimit: _, ...definition } = connector.definition
  return { ...connector, definition }
}

type Delivered = NonNullable<DeliveryQuery['delivery']>

async function deliverThem({ operator }: KitServer, connector: string, settings: Parsed): Promise<Delivered[]> {
  const backend = await createApplication(operator)
  const send = createSend(backend)
  await send(documents.EventTypeUpsertDocument, { input: { name: 'order.placed' } })
  await send(documents.OrganizationUpsertDocument, { input: { externalId: 'acme', name: 'Acme' } })
  const { organization } = await send(documents.OrganizationDocument, { externalId: 'acme' })
  const input: DestinationCreateInput = {
    organizationId: organization!.id,
    label: 'Kit',
    connector,
    ...withSome(settings),
  }
  const { destinationCreate } = await send(documents.DestinationCreateDocument, { input })
  if (destinationCreate.userErrors.length > 0)
    throw new Error(`A destination with these settings is refused: ${JSON.stringify(destinationCreate.userErrors)}`)
  const published = await Promise.all(
    Array.from({ length: COUNT }, (_, n) =>
      send(documents.EventPublishDocument, {
        input: { organizationExternalId: 'acme', type: 'order.placed', data: { id: `ord_${n}`, total: n } },
      }),
    ),
  )
  return Promise.all(published.map(({ eventPublish }) => finished(backend, eventPublish.event!.id)))
}

function withSome({ config, credentials }: Parsed) {
  return { config, ...(Object.keys(credentials).length > 0 && { credentials }) }
}

function createSend(endpoint: Endpoint) {
  return <Data, Variables>(document: documents.TypedDocumentString<Data, Variables>, variables: Variables) =>
    request(endpoint, document, variables)
}

/** One whose deliveries are tried once. */
async function createApplication(operator: Endpoint): Promise<Endpoint> {
  const { applicationCreate } = await request(operator, documents.ApplicationCreateDocument, {
    input: { name: 'Kit', deliveryProfile: { httpsOnly: false, retryDelays: [] } },
  })
  const { apiKey, userErrors } = applicationCreate
  if (!apiKey) throw new Error(JSON.stringify(userErrors))
  return { url: operator.url, key: apiKey }
}

/** The delivery of an event, with its attempts, once it is finished. */
async function finished(backend: Endpoint, eventId: string): Promise<Delivered> {
  const send = createSend(backend)
  const { event } = await send(documents.EventDocument, { id: eventId })
  const id = event!.deliveries.nodes[0]!.id
  const socket = openSocket(backend)
  try {
    for await (const { delivery } of subscribe(socket, documents.FollowDeliveryDocument, { id })) {
      if (delivery && delivery.status !== 'PENDING') break
    }
  } finally {
    await socket.dispose()
  }
  return (await send(documents.DeliveryDocument, { id })).delivery!
}

function deliveryProblems({ status, attemptCount, lastAttempt }: Delivered): string[] {
  if (status === 'SUCCEEDED' && attemptCount === 1) return []
  return [
    `a delivery is ${status} after ${attemptCount} attempts: ${lastAttempt?.errorMessage ?? 'no reason is given'}`,
  ]
}

/** In the forms that the host blanks out; the group `secrets` looks for others. */
function leaks(where: string, text: string, { credentials }: Parsed): string[] {
  return secretTextsOf(credentials).some((form) => form.length >= 8 && text.includes(form))
    ? [`${where} holds a credential`]
    : []
}
