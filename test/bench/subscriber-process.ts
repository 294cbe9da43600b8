import { WebSocket } from 'ws'
import type { Heard, Subscribe } from './subscribers.ts'

// Customers who watch their attempts, in a process of its own: many subscriptions on a few sockets, each with the filter
// of its organization. What comes is counted, and of one subscriber kept.

/** How the server begins a message with an attempt: most are only counted, since reading them is not what is measured. */
const ATTEMPT = /^\{"id":"(\d+)","type":"next","payload":\{"data":\{"deliveryAttempts":\{"__typename":"DeliveryAttemptR/

const counts: number[] = []
const sample: string[] = []
/** Subscriptions whose first checkpoint has not come. */
let silent = 0

function subscribeAll({ url, key, query, organizationIds, perSocket }: Subscribe): void {
  silent = organizationIds.length
  for (const n of organizationIds.keys()) counts[n] = 0
  for (let first = 0; first < organizationIds.length; first += perSocket) {
    openSocket({ url, key, query }, first, organizationIds.slice(first, first + perSocket))
  }
}

function openSocket(
  { url, key, query }: Pick<Subscribe, 'url' | 'key' | 'query'>,
  first: number,
  organizationIds: string[],
): void {
  const socket = new WebSocket(url, 'graphql-transport-ws')
  const send = (message: object) => socket.send(JSON.stringify(message))
  socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
  socket.on('message', (data: Buffer) => {
    const counted = ATTEMPT.exec(data.toString('latin1', 0, 110))
    if (counted && counted[1] !== '0') {
      counts[Number(counted[1])]! += 1
      return
    }
    const message = JSON.parse(data.toString())
    if (message.type === 'ping') send({ type: 'pong' })
    else if (message.type === 'next') hear(Number(message.id), message.payload)
    else if (message.type === 'connection_ack') {
      for (const [n, organizationId] of organizationIds.entries()) {
        send({ id: `${first + n}`, type: 'subscribe', payload: { query, variables: { filter: { organizationId } } } })
      }
    } else fail(new Error(`A subscriber was told ${data.toString().slice(0, 300)}`))
  })
  socket.on('error', fail)
  socket.on('close', (code, reason) => fail(new Error(`A subscriber's socket was closed: ${code} ${reason}`)))
}

type Item = { __typename: string; attempt?: { id: string } }
const begun = new Set<number>()

function hear(subscriber: number, { data, errors }: { data?: { deliveryAttempts: Item }; errors?: unknown }): void {
  if (!data) fail(new Error(`A subscriber was told ${JSON.stringify(errors)}`))
  const { attempt } = data.deliveryAttempts
  if (attempt) {
    counts[subscriber]! += 1
    if (subscriber === 0) sample.push(attempt.id)
  } else if (!begun.has(subscriber)) {
    begun.add(subscriber)
    silent -= 1
  }
}

function fail(error: Error): never {
  console.error(error)
  process.exit(1)
}

process.on('message', (message: Subscribe | object) => {
  if ('organizationIds' in message) subscribeAll(message)
  const heard = counts.reduce((sum, count) => sum + count, 0)
  process.send?.({ silent, heard, fewest: Math.min(...counts), most: Math.max(...counts), sample } satisfies Heard)
})
process.on('disconnect', () => process.exit())
process.send?.({})
