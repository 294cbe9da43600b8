import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { readConfig } from '../src/app/config.ts'
import { readDemo } from '../src/app/data-folder.ts'
import { DEMO_ORGANIZATION_ID } from '../src/app/demo.ts'
import {
  DestinationCreateDocument,
  DestinationDeleteDocument,
  EventPublishDocument,
  FollowAttemptsDocument,
  type FollowAttemptsSubscription,
} from '../src/client/generated/documents.ts'
import { type Endpoint, request } from '../src/client/request.ts'
import { openSocket, subscribe } from '../src/client/subscribe.ts'

// Against the running server: a receiver that fails its first call, a destination, three events, and the live feed until
// all have arrived. Finds the server by PORT and HOST, and its key by POSTRIDER_DATA_DIR.

const EVENTS = 3
const PATIENCE_MS = 60_000

async function main(): Promise<void> {
  const endpoint = await findServer()
  const receiver = await startReceiver()
  const { destinationId, secret } = await createDestination(endpoint, receiver.url)
  receiver.verifyWith(new Webhook(secret))
  console.log(`Destination ${destinationId} -> ${receiver.url}\n`)
  const socket = openSocket(endpoint)
  const giveUp = setTimeout(() => fail(`not all events arrived within ${PATIENCE_MS / 1_000} s`), PATIENCE_MS)
  let isPublished = false
  let arrived = 0
  for await (const { deliveryAttempts: item } of subscribe(socket, FollowAttemptsDocument, {
    filter: { destinationIds: [destinationId] },
  })) {
    // The first checkpoint says that the feed is open: whatever is published now is seen.
    if (!isPublished) await publish(endpoint)
    isPublished = true
    if (item.__typename !== 'DeliveryAttemptRecorded') continue
    print(item.attempt)
    if (item.attempt.outcome === 'SUCCESS') arrived += 1
    if (arrived === EVENTS) break
  }
  clearTimeout(giveUp)
  await socket.dispose()
  await request(endpoint, DestinationDeleteDocument, { input: { id: destinationId } })
  receiver.close()
  if (receiver.verified() < EVENTS) fail(`only ${receiver.verified()} of ${EVENTS} signatures were right`)
  console.log(`\nAll ${EVENTS} events arrived, each with a valid signature.`)
}

async function findServer(): Promise<Endpoint> {
  const config = readConfig(process.env)
  const demo = await readDemo(config.dataDir)
  if (!demo) return fail(`there is no demo key in ${config.dataDir}: start the server first (npm start)`)
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`
  await fetch(`${url}/readyz`).then(
    (response) => response.ok || fail(`the server at ${url} is not ready`),
    () => fail(`no server answers at ${url}: start it first (npm start)`),
  )
  return { url, key: demo.apiKey }
}

/** Answers its first request with 503 and all others with 200, and checks each signature. */
async function startReceiver() {
  let calls = 0
  let verified = 0
  let webhook: Webhook | undefined
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    calls += 1
    if (calls === 1) {
      response.writeHead(503).end('busy')
      return
    }
    try {
      webhook?.verify(Buffer.concat(chunks).toString(), incoming.headers as Record<string, string>)
      verified += 1
      response.writeHead(200).end('stored')
    } catch (error) {
      response.writeHead(401).end(String(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    verifyWith: (value: Webhook) => {
      webhook = value
    },
    verified: () => verified,
    close: () => server.close().closeAllConnections(),
  }
}

async function createDestination(endpoint: Endpoint, url: string): Promise<{ destinationId: string; secret: string }> {
  const { destinationCreate } = await request(endpoint, DestinationCreateDocument, {
    input: {
      organizationId: DEMO_ORGANIZATION_ID,
      label: 'npm run demo',
      config: { url },
      eventTypes: ['contact.*'],
    },
  })
  const { destination, signingSecret, userErrors } = destinationCreate
  if (!destination || !signingSecret) return fail(userErrors.map((error) => error.message).join('; '))
  return { destinationId: destination.id, secret: signingSecret }
}

async function publish(endpoint: Endpoint): Promise<void> {
  for (let n = 1; n <= EVENTS; n += 1) {
    const data = { id: `cus_${n}`, name: `Customer ${n}` }
    const input = { organizationId: DEMO_ORGANIZATION_ID, type: 'contact.created', data }
    const { eventPublish } = await request(endpoint, EventPublishDocument, { input })
    if (!eventPublish.event) fail(eventPublish.userErrors.map((error) => error.message).join('; '))
    console.log(`published  ${eventPublish.event?.id}`)
  }
}

type Attempt = Extract<FollowAttemptsSubscription['deliveryAttempts'], { attempt: unknown }>['attempt']

function print({ number, outcome, durationMs, errorMessage, retryAt, delivery }: Attempt): void {
  const waitS = retryAt ? Math.max(0, (Date.parse(retryAt) - Date.now()) / 1_000).toFixed(1) : undefined
  const more = errorMessage ? `${errorMessage}${waitS ? `, again in ${waitS} s` : ''}` : 'signature verified'
  console.log(`attempt ${number}  ${delivery?.eventId}  ${outcome}  ${durationMs} ms  ${more}`)
}

function fail(message: string): never {
  console.error(`Demo failed: ${message}`)
  process.exit(1)
}

await main()
