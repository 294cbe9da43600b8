import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { readConfig } from '../../src/app/config.ts'
import type { Tuning } from '../../src/app/parts.ts'
import { type Role, startPostrider } from '../../src/app/start.ts'
import * as documents from '../../src/client/generated/documents.ts'
import { type Endpoint, request } from '../../src/client/request.ts'
import { openSocket, subscribe } from '../../src/client/subscribe.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

export const OPERATOR_KEY = 'operator-key-of-the-tests-0123456789'
export const TEST_ENVIRONMENT = {
  PORT: '0',
  POSTRIDER_SECRET_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
  POSTRIDER_OPERATOR_KEY: OPERATOR_KEY,
  POSTRIDER_OUTBOUND_ALLOW: '127.0.0.1/32',
}

type Document<Data, Variables> = Parameters<typeof request<Data, Variables>>[1]

/** One application as its backend uses it. */
export interface Backend {
  readonly endpoint: Endpoint
  readonly applicationId: string
  send<Data, Variables>(document: Document<Data, Variables>, variables: Variables): Promise<Data>
  /** Waits until the delivery is finished. */
  finished(deliveryId: string): Promise<documents.DeliveryFieldsFragment>
  /** An organization, by its external id. */
  organization(externalId?: string): Promise<string>
  /** An event type that takes anything. */
  eventType(name: string, fields?: Partial<documents.EventTypeUpsertInput>): Promise<void>
  destination(
    fields: Omit<Partial<documents.DestinationCreateInput>, 'organizationId'> & {
      organizationId: string
      url?: string
    },
  ): Promise<{ id: string; secret: string }>
  /** An event type `a`, an organization, and a destination of it that gets all of its events. */
  hook(url: string): Promise<{ organizationId: string; id: string; secret: string }>
  /** Publishes, and returns the event's id and its deliveries. */
  publish(
    input: documents.EventPublishInput,
  ): Promise<{ id: string; deliveries: readonly documents.DeliveryFieldsFragment[] }>
}

export interface TestPostrider extends AsyncDisposable {
  readonly url: string
  readonly database: TestDatabase
  readonly operator: Endpoint
  /** Another application, http allowed, with the profile given. */
  application(profile?: documents.DeliveryProfileInput): Promise<Backend>
}

export interface StartTestOptions {
  readonly database?: TestDatabase
  readonly pluginsDir?: string
  readonly role?: Role
  readonly tuning?: Tuning
  /** Told of each line of the log, from warnings on. */
  readonly onLog?: (line: string) => void
}

/** A server of its own on a database of its own, in this process. `environment` adds to or changes the tests'. */
export async function startTestPostrider(
  environment: Record<string, string> = {},
  { database, onLog, ...options }: StartTestOptions = {},
): Promise<TestPostrider> {
  await using starting = new AsyncDisposableStack()
  const own = database ?? starting.use(await createTestDatabase())
  const dataDir = await mkdtemp(path.join(tmpdir(), 'postrider-data-'))
  starting.defer(() => rm(dataDir, { recursive: true, force: true }))
  const config = readConfig({
    ...TEST_ENVIRONMENT,
    DATABASE_URL: own.url,
    POSTRIDER_DATA_DIR: dataDir,
    ...environment,
  })
  const log = onLog ? pino({ level: 'warn' }, { write: onLog }) : pino({ level: process.env.TEST_LOG ?? 'silent' })
  const postrider = starting.use(await startPostrider({ config, log, ...options }))
  const operator = { url: postrider.url, key: OPERATOR_KEY }
  const started = starting.move()
  return {
    url: postrider.url,
    database: own,
    operator,
    application: (profile) => createBackend(operator, profile),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** A new application on the server of this operator. */
export async function createBackend(
  operator: Endpoint,
  profile: documents.DeliveryProfileInput = {},
): Promise<Backend> {
  const deliveryProfile = { httpsOnly: false, ...profile }
  const created = await request(operator, documents.ApplicationCreateDocument, {
    input: { name: 'Test', deliveryProfile },
  })
  const { application, apiKey, userErrors } = created.applicationCreate
  if (!application || !apiKey) throw new Error(JSON.stringify(userErrors))
  return backendOf({ url: operator.url, key: apiKey }, application.id)
}

/** An application through any of its servers. */
export function backendOf(endpoint: Endpoint, applicationId: string): Backend {
  const send: Backend['send'] = (document, variables) => request(endpoint, document, variables)
  const backend: Backend = {
    endpoint,
    applicationId,
    send,
    finished: (deliveryId) => waitUntilFinished(endpoint, deliveryId),
    async organization(externalId = 'acme') {
      const sent = await send(documents.OrganizationUpsertDocument, { input: { externalId, name: externalId } })
      return sent.organizationUpsert.organization!.id
    },
    async eventType(name, fields = {}) {
      const sent = await send(documents.EventTypeUpsertDocument, { input: { name, ...fields } })
      if (sent.eventTypeUpsert.userErrors.length > 0) throw new Error(JSON.stringify(sent.eventTypeUpsert.userErrors))
    },
    async destination({ url, ...fields }) {
      const input = { label: 'Test', config: { url }, ...fields }
      const { destinationCreate } = await send(documents.DestinationCreateDocument, { input })
      const { destination, signingSecret, userErrors } = destinationCreate
      if (!destination) throw new Error(JSON.stringify(userErrors))
      return { id: destination.id, secret: signingSecret ?? '' }
    },
    async hook(url) {
      await backend.eventType('a')
      const organizationId = await backend.organization()
      return { organizationId, ...(await backend.destination({ organizationId, url })) }
    },
    async publish(input) {
      const { eventPublish } = await send(documents.EventPublishDocument, { input })
      if (!eventPublish.event) throw new Error(JSON.stringify(eventPublish.userErrors))
      const { event } = await send(documents.EventDocument, { id: eventPublish.event.id })
      return { id: eventPublish.event.id, deliveries: event!.deliveries.nodes }
    },
  }
  return backend
}

async function waitUntilFinished(endpoint: Endpoint, id: string): Promise<documents.DeliveryFieldsFragment> {
  const socket = openSocket(endpoint)
  try {
    let last: documents.DeliveryFieldsFragment | undefined
    for await (const { delivery } of subscribe(socket, documents.FollowDeliveryDocument, { id })) last = delivery
    return last!
  } finally {
    await socket.dispose()
  }
}
