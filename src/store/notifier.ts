import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { checkFeedEpoch } from './feed-epoch.ts'
import type { Sql } from './sql.ts'

/**
 * What there is to look at. due: deliveries can be claimed. waiting: deliveries wait for their time or their destination,
 * or may stop waiting. attempt: attempts were committed, or a delivery changed. outbox: events were published by SQL.
 * connector: one has something to set up or take down. revoked: an API key was revoked.
 */
export type WakeKind = (typeof kinds)[number]
const kinds = ['due', 'waiting', 'attempt', 'outbox', 'connector', 'revoked'] as const

/**
 * Wakes loops in this process and in others, by LISTEN and NOTIFY. A wake-up is only ever a latency hint: it carries no
 * data and may be lost, and every loop polls its tables as well.
 */
export interface Notifier extends AsyncDisposable {
  wake(kind: WakeKind): void
  /** Returns what ends the listening. */
  on(kind: WakeKind, listener: () => void): () => void
}

const CHANNEL = 'postrider'

/** The first wake-up goes out at once, those of the time after it as one NOTIFY: each takes a cluster-wide lock at commit. */
const NOTIFY_EVERY_MS = 10
const RECONNECT_MS = 1_000
const PING_EVERY_MS = 15_000

export function openNotifier(options: { databaseUrl: string; sql: Sql; onError: (error: unknown) => void }): Notifier {
  const emitter = new EventEmitter().setMaxListeners(0)
  const self = randomBytes(6).toString('base64url')
  const abort = new AbortController()
  const outgoing = new Set<WakeKind>()
  let timer: NodeJS.Timeout | undefined
  let notifiedAtMs = 0

  function notify(): void {
    timer = undefined
    notifiedAtMs = performance.now()
    const payload = [self, ...outgoing].join(' ')
    outgoing.clear()
    options.sql('select pg_notify($1, $2)', [CHANNEL, payload]).catch(options.onError)
  }

  function onNotification(payload: string): void {
    const [sender, ...words] = payload.split(' ')
    if (sender === self) return
    // Anyone in the database may notify: only the kinds that we know are passed on.
    for (const kind of kinds) if (words.includes(kind)) emitter.emit(kind)
  }

  async function onListening(): Promise<void> {
    // A new connection may lead to another server than the last one did.
    await checkFeedEpoch(options.sql)
    // Notifications sent while nobody listened are lost.
    for (const kind of kinds) emitter.emit(kind)
  }

  const listening = listen({ ...options, signal: abort.signal, onNotification, onListening })
  return {
    wake(kind) {
      emitter.emit(kind)
      outgoing.add(kind)
      if (timer || abort.signal.aborted) return
      const waitMs = notifiedAtMs + NOTIFY_EVERY_MS - performance.now()
      timer = globalThis.setTimeout(notify, Math.max(0, waitMs))
    },
    on(kind, listener) {
      emitter.on(kind, listener)
      return () => emitter.off(kind, listener)
    },
    async [Symbol.asyncDispose]() {
      abort.abort()
      clearTimeout(timer)
      await listening
    },
  }
}

interface Listening {
  readonly databaseUrl: string
  readonly signal: AbortSignal
  readonly onNotification: (payload: string) => void
  readonly onListening: () => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Holds one LISTEN connection, and takes a new one when it breaks. */
async function listen({ databaseUrl, signal, onNotification, onListening, onError }: Listening): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'postrider notifier',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
    })
    const ended = Promise.withResolvers<void>()
    client.on('error', (error) => {
      if (!signal.aborted) onError(error)
      ended.resolve()
    })
    client.on('end', () => ended.resolve())
    client.on('notification', ({ payload }) => payload && onNotification(payload))
    const stop = () => ended.resolve()
    signal.addEventListener('abort', stop, { once: true })
    // The ping notices a connection that a firewall dropped silently.
    const ping = setInterval(() => client.query('select 1').catch(stop), PING_EVERY_MS)
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      await onListening()
      await ended.promise
    } catch (error) {
      onError(error)
    }
    clearInterval(ping)
    signal.removeEventListener('abort', stop)
    await client.end().catch(onError)
    await setTimeout(RECONNECT_MS, undefined, { signal }).catch(() => undefined)
  }
}
