import { setTimeout as pause } from 'node:timers/promises'
import { EventPublishDocument, EventsPublishDocument } from '../../src/client/generated/documents.ts'
import { type Endpoint, RequestFailed, request } from '../../src/client/request.ts'

export interface LoadOptions {
  readonly endpoint: Endpoint
  readonly organizationId: string
  readonly events: number
  /** Number of the first event; idempotency keys are made of the numbers. Default 0. */
  readonly from?: number
  /** Publishes under way at a time; every other caller publishes by the ten. */
  readonly callers?: number
  /** Most events a second. Default: as fast as they are answered. */
  readonly perSecond?: number
}

/** A backend that publishes, and says the same again with the same idempotency key until it has an answer. */
export interface Load {
  /** Type by event id, of all that were acknowledged so far. */
  readonly acknowledged: ReadonlyMap<string, string>
  /** How often it had to say the same again. */
  readonly repeats: number
  /** Resolves when `count` are acknowledged. */
  untilAcknowledged(count: number): Promise<void>
  /** Resolves when all are. */
  readonly done: Promise<void>
}

const BATCH = 10
const REPEAT_AFTER_MS = 50

export function startLoad(options: LoadOptions): Load {
  const {
    endpoint,
    organizationId,
    events,
    from: first = 0,
    callers = 8,
    perSecond = Number.POSITIVE_INFINITY,
  } = options
  const startedAt = performance.now()
  const acknowledged = new Map<string, string>()
  const waiting = new Set<() => void>()
  let next = 0
  let repeats = 0

  async function publish(numbers: readonly number[]): Promise<void> {
    const inputs = numbers.map((n) => ({
      organizationId,
      type: typeOf(n),
      data: { n, text: 'x'.repeat(100) },
      idempotencyKey: `chaos-${n}`,
    }))
    for (;;) {
      try {
        const ids = await publishOnce(endpoint, inputs)
        for (const [index, id] of ids.entries()) acknowledged.set(id, inputs[index]!.type)
        for (const look of waiting) look()
        return
      } catch (error) {
        if (!mayPass(error)) throw error
        repeats += 1
        await pause(REPEAT_AFTER_MS)
      }
    }
  }

  async function call(size: number): Promise<void> {
    while (next < events) {
      const from = next
      next = Math.min(events, from + size)
      await pause(Math.max(0, startedAt + (from / perSecond) * 1_000 - performance.now()))
      await publish(Array.from({ length: next - from }, (_, index) => first + from + index))
    }
  }

  const done = Promise.all(Array.from({ length: callers }, (_, n) => call(n % 2 === 0 ? 1 : BATCH))).then(() => {})
  return {
    acknowledged,
    get repeats() {
      return repeats
    },
    untilAcknowledged(count) {
      const reached = new Promise<void>((resolve) => {
        const look = () => {
          if (acknowledged.size < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
      return Promise.race([reached, done])
    },
    done,
  }
}

/** One of three is a `b`, which the destination `some` does not want. */
function typeOf(n: number): string {
  return n % 3 === 2 ? 'b' : 'a'
}

type Input = { organizationId: string; type: string; data: unknown; idempotencyKey: string }

async function publishOnce(endpoint: Endpoint, inputs: readonly Input[]): Promise<string[]> {
  if (inputs.length === 1) {
    const { eventPublish } = await request(endpoint, EventPublishDocument, { input: inputs[0]! })
    if (!eventPublish.event) throw new Error(JSON.stringify(eventPublish.userErrors))
    return [eventPublish.event.id]
  }
  const { eventsPublish } = await request(endpoint, EventsPublishDocument, { input: { events: [...inputs] } })
  return eventsPublish.results.map(({ event, userErrors }) => {
    if (!event) throw new Error(JSON.stringify(userErrors))
    return event.id
  })
}

/** What a client repeats: UNAVAILABLE, no connection, an answer that broke off. */
function mayPass(error: unknown): boolean {
  if (error instanceof RequestFailed) return error.codes.includes('UNAVAILABLE')
  return error instanceof TypeError || error instanceof SyntaxError
}
