import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { until } from './until.ts'

/**
 * How a request is treated. slow: 200 after a while, so that many are in flight. hang: no answer, ever. reset: the
 * connection is. garbage: no HTTP, or half an answer.
 */
export type Behaviour = 'ok' | 'slow' | 'fail' | 'hang' | 'reset' | 'garbage'

/** Two destinations by their path, as the load's organization has them; see stage.ts. */
type DestinationName = 'all' | 'some'

export interface Arrival {
  readonly destination: DestinationName
  readonly eventId: string
  /** How often this event has come to this destination; the first is 1. */
  readonly nth: number
}

/** The customers' servers: counts what it answered, by event and destination. */
export interface CountingReceiver extends AsyncDisposable {
  url(destination: DestinationName): string
  /** Answers of 200 by destination and event. */
  successesOf(destination: DestinationName): ReadonlyMap<string, number>
  /** All answers of 200 so far. */
  readonly successes: number
  /** All whole answers so far, whatever they said. */
  readonly answers: number
  /** Resolves when no connection is open: even if the sender died, what it had sent has been read and answered. */
  untilDeserted(): Promise<void>
}

const SLOW_MS = 100

export async function startCountingReceiver(behave: (arrival: Arrival) => Behaviour): Promise<CountingReceiver> {
  const arrivals = { all: new Map<string, number>(), some: new Map<string, number>() }
  const successesOf = { all: new Map<string, number>(), some: new Map<string, number>() }
  const sockets = new Set<Socket>()
  let successes = 0
  let answers = 0

  function accept({ destination, eventId }: Arrival, response: ServerResponse): void {
    successes += 1
    answers += 1
    count(successesOf[destination], eventId)
    response.end()
  }

  function answer(arrival: Arrival, response: ServerResponse): void {
    const behaviour = behave(arrival)
    switch (behaviour) {
      case 'ok':
        accept(arrival, response)
        return
      case 'slow':
        setTimeout(accept, SLOW_MS, arrival, response)
        return
      case 'fail':
        answers += 1
        return void response.writeHead(500).end('out of order')
      case 'reset':
        return void response.socket?.resetAndDestroy()
      case 'garbage':
        return void response.socket?.end(garbage(arrival.nth))
      case 'hang':
        return
      default:
        behaviour satisfies never
    }
  }

  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      const destination = incoming.url === '/all' ? 'all' : 'some'
      const eventId = String(incoming.headers['webhook-id'])
      answer({ destination, eventId, nth: count(arrivals[destination], eventId) }, response)
    })
  })
  server.on('connection', (socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: (destination) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${destination}`,
    successesOf: (destination) => successesOf[destination],
    get successes() {
      return successes
    },
    get answers() {
      return answers
    },
    untilDeserted: () => until('no connection to the receiver is open', () => sockets.size === 0),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function garbage(nth: number): string {
  // A 200 whose body breaks off in the middle is not an answer either.
  return nth % 2 === 0 ? 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab' : 'ICY 200 OK? \u0000\r\n\r\n'
}

function count(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1
  counts.set(key, next)
  return next
}
