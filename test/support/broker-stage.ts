import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import * as documents from '../../src/client/generated/documents.ts'
import { type ConnectorSettings, type ConnectorStage, type Delivery, stageConnector } from './connector-stage.ts'
import type { TestPostrider } from './postrider.ts'
import { sendRaw } from './raw-request.ts'

export interface BrokerOptions {
  /** Of the events. Default: a. */
  readonly type?: string | undefined
  /** Default: none, so that a delivery is tried once. */
  readonly retryDelays?: number[] | undefined
  readonly timeoutMs?: number | undefined
}

/** A destination at a broker, whose deliveries are published, and awaited, one by one. */
export interface BrokerStage extends ConnectorStage {
  publish(data: unknown): Promise<{ id: string; deliveryId: string }>
  /** At once; resolves to the deliveries' ids, in the order of the events. */
  publishAll(events: documents.EventPublishInput[]): Promise<string[]>
  finished(deliveryId: string): Promise<Delivery>
  retry(deliveryId: string): Promise<Delivery>
}

export async function stageBroker(
  postrider: TestPostrider,
  settings: ConnectorSettings,
  { type = 'a', retryDelays = [], timeoutMs = 15_000 }: BrokerOptions,
): Promise<BrokerStage> {
  const stage = await stageConnector(postrider, settings, { retryDelays, retryJitter: 0, timeoutMs })
  const { backend, organizationId } = stage
  await backend.eventType(type)
  const finished = async (id: string) => {
    await backend.finished(id)
    return (await backend.send(documents.DeliveryDocument, { id })).delivery!
  }
  return {
    ...stage,
    finished,
    async publish(data) {
      const { id, deliveries } = await backend.publish({ organizationId, type, data })
      return { id, deliveryId: deliveries[0]!.id }
    },
    async publishAll(events) {
      const { eventsPublish } = await backend.send(documents.EventsPublishDocument, { input: { events } })
      const published = eventsPublish.results.map(({ event }) =>
        backend.send(documents.EventDocument, { id: event!.id }),
      )
      return (await Promise.all(published)).map(({ event }) => event!.deliveries.nodes[0]!.id)
    },
    async retry(deliveryId) {
      const { deliveryRetry } = await backend.send(documents.DeliveryRetryDocument, { input: { id: deliveryId } })
      return finished(deliveryRetry.delivery!.id)
    },
  }
}

const CHECK =
  'mutation ($input: ConnectorCheckInput!) { connectorCheck(input: $input) { checked userErrors { path message } } }'

export interface Checked {
  readonly checked: boolean
  readonly userErrors: readonly { readonly path: string[]; readonly message: string }[]
}

/** "Test connection" of settings that no destination has. */
export async function checkConnection(postrider: TestPostrider, input: ConnectorSettings): Promise<Checked> {
  const { endpoint } = await postrider.application()
  return (await sendRaw(endpoint, CHECK, { input })).root as Checked
}

/** A server that takes connections and says nothing; `closed` resolves when its client has hung up. */
export async function startSilentServer(): Promise<AsyncDisposable & { port: number; closed: Promise<unknown> }> {
  const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    closed: once(server, 'connection').then(([socket]) => once(socket, 'close')),
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}
