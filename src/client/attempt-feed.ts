import { type Client, createClient } from 'graphql-ws'
import {
  type DeliveryAttemptFilter,
  FollowAttemptsDocument,
  type FollowAttemptsSubscription,
} from './generated/documents.ts'
import { toFailure } from './subscription-failed.ts'

/** An attempt with its delivery. */
export type FeedAttempt = Extract<
  FollowAttemptsSubscription['deliveryAttempts'],
  { __typename: 'DeliveryAttemptRecorded' }
>['attempt']

/** What a feed hands out. Keep `cursor` with what you make of an item: given as `after`, the feed goes on behind it. */
export type AttemptFeedItem =
  | { readonly kind: 'attempt'; readonly cursor: string; readonly attempt: FeedAttempt }
  /** All up to here was told. `caughtUp`: what comes next is live. */
  | { readonly kind: 'checkpoint'; readonly cursor: string; readonly caughtUp: boolean }
  /** What lies between the cursor before and this one can no longer be told. */
  | { readonly kind: 'reset'; readonly cursor: string; readonly reason: 'EXPIRED' | 'RESTORED' }

export interface AttemptFeedOptions {
  /** Base of the server, e.g. https://hooks.example.com. */
  readonly url: string
  /** An API key, or what fetches the token of a portal session: it is asked again for each connection. */
  readonly key: string | (() => string | Promise<string>)
  /** With the operator key: the application to act in. */
  readonly applicationId?: string | undefined
  readonly filter?: DeliveryAttemptFilter | null | undefined
  /** The last cursor that was kept. Default: from now on. */
  readonly after?: string | undefined
  /** Without `after`: begin with this number of the newest attempts, 1 to 100. */
  readonly last?: number | undefined
  /** Ends the feed. */
  readonly signal?: AbortSignal
  /**
   * How many items may wait for the loop that reads them. With more the connection is given up, and taken up again at the
   * last item that was read: nothing is lost, and no memory fills up. Default 1,000.
   */
  readonly maxWaiting?: number
  /** Told when the feed has to connect anew, with the reason and the wait before it, milliseconds. */
  readonly onReconnect?: (reason: string, waitMs: number) => void
  /** A WebSocket class, where there is no global one. */
  readonly webSocketImpl?: unknown
}

/** The server will not let this feed go on: a wrong or revoked key, a bad filter or cursor. */
export class AttemptFeedRefused extends Error {
  /** extensions.code of the refusal; UNAUTHENTICATED for a key. */
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.name = 'AttemptFeedRefused'
    this.code = code
  }
}

const MAX_WAIT_MS = 30_000
const FIRST_WAIT_MS = 250
/** A checkpoint comes every ten seconds; a connection that is silent for three of them is dead, whatever it says. */
const SILENCE_MS = 30_000
/** Ids that are remembered to leave out what comes again. */
const REMEMBERED = 1_000

/**
 * Every attempt, in order, each once, over broken connections and restarts: `for await (const item of
 * createAttemptFeed({ url, key }))`. It connects again by itself for as long as it takes, and throws AttemptFeedRefused
 * when that cannot help.
 */
export async function* createAttemptFeed(options: AttemptFeedOptions): AsyncGenerator<AttemptFeedItem, void, void> {
  const { signal, onReconnect } = options
  const seen = new Set<string>()
  let after = options.after
  let failures = 0
  while (!signal?.aborted) {
    const connection = connect(options, after)
    try {
      for await (const item of connection.items) {
        failures = 0
        after = item.cursor
        if (item.kind === 'attempt' && isRepeated(seen, item.attempt.id)) continue
        yield item
      }
    } catch (error) {
      if (error instanceof AttemptFeedRefused) throw error
      const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2)
      failures += 1
      onReconnect?.(error instanceof Error ? error.message : String(error), waitMs)
      await pause(waitMs, signal)
    } finally {
      connection.close()
    }
  }
}

function isRepeated(seen: Set<string>, id: string): boolean {
  if (seen.has(id)) return true
  seen.add(id)
  if (seen.size > REMEMBERED) seen.delete(seen.values().next().value!)
  return false
}

interface Connection {
  /** Ends by itself when too many wait; throws when the connection is lost. */
  readonly items: AsyncIterable<AttemptFeedItem>
  close(): void
}

function connect(options: AttemptFeedOptions, after: string | undefined): Connection {
  const { filter, last, signal, maxWaiting = 1_000 } = options
  const waiting: AttemptFeedItem[] = []
  let wake = newWake()
  let isOver = false
  let failure: unknown
  const client = openClient(options)
  let silence: ReturnType<typeof setTimeout> | undefined
  const stop = (error?: unknown) => {
    if (isOver) return
    isOver = true
    failure = error
    clearTimeout(silence)
    signal?.removeEventListener('abort', onAbort)
    void client.dispose()
    wake.resolve()
  }
  const onAbort = () => stop()
  const listen = () => {
    clearTimeout(silence)
    silence = setTimeout(() => {
      stop(new Error('nothing was heard for 30 s'))
      client.terminate()
    }, SILENCE_MS)
  }
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', onAbort)
  listen()
  const variables = { filter, after, ...(after === undefined && { last }) }
  client.subscribe<FollowAttemptsSubscription>(
    { query: FollowAttemptsDocument.toString(), variables },
    {
      next({ data, errors }) {
        if (isOver) return
        listen()
        if (errors || !data) return stop(toError(errors))
        waiting.push(toItem(data.deliveryAttempts))
        wake.resolve()
        if (waiting.length >= maxWaiting) stop()
      },
      error: (error) => stop(toError(error)),
      complete: () => stop(new Error('the server has ended the feed')),
    },
  )
  async function* items() {
    for (;;) {
      const item = waiting.shift()
      if (signal?.aborted) return
      if (item) yield item
      else if (isOver) break
      else {
        await wake.promise
        wake = newWake()
      }
    }
    if (failure !== undefined) throw failure
  }
  return { items: items(), close: () => stop() }
}

/** Promise.withResolvers, which older Nodes and browsers do not have. */
function newWake(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

function openClient({ url, key, applicationId, webSocketImpl }: AttemptFeedOptions): Client {
  return createClient({
    url: new URL('/graphql', url).href.replace(/^http/, 'ws'),
    connectionParams: async () => ({
      authorization: `Bearer ${typeof key === 'string' ? key : await key()}`,
      ...(applicationId && { 'postrider-application': applicationId }),
    }),
    // The feed connects anew itself, behind the last item that was read.
    retryAttempts: 0,
    webSocketImpl,
  })
}

function toItem(item: FollowAttemptsSubscription['deliveryAttempts']): AttemptFeedItem {
  const { cursor } = item
  if (item.__typename === 'DeliveryAttemptRecorded') return { kind: 'attempt', cursor, attempt: item.attempt }
  if (item.__typename === 'FeedReset') return { kind: 'reset', cursor, reason: item.reason }
  return { kind: 'checkpoint', cursor, caughtUp: item.caughtUp }
}

/** Of errors that pass. */
const PASSING = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'])

/** What ended a connection, and whether the next one may do better. */
function toError(error: unknown): Error {
  const failure = toFailure(error)
  const { code, message } = failure
  return code === undefined || PASSING.has(code) ? failure : new AttemptFeedRefused(message, code)
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
