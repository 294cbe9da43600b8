import { setTimeout as pause } from 'node:timers/promises'
import type { DestinationHost, Host, Shared } from '../connector/define-connector.ts'
import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { claimMemo, giveUpMemo, readMemo, writeMemo } from './connector-memo-sql.ts'

/** Hosts of destinations: what their connectors remember and share. Disposing it closes what is shared. */
export interface DestinationHosts extends AsyncDisposable {
  of(destination: { readonly id: Uuid<'dst'>; readonly version: number }, host: Host): DestinationHost
}

const MAX_CHARACTERS = 1_000
const LOOK_AGAIN_MS = 100
/** A shared connection that nobody has used for this time is closed. */
const IDLE_MS = 60_000
const SWEEP_MS = 15_000
/** The one longest unused goes first. */
const MOST_SHARED = 1_000

interface SharedConnection {
  readonly opening: Promise<Shared<unknown>>
  lastUsedAtMs: number
}

export function createDestinationHosts(store: Store, onError: (error: unknown) => void): DestinationHosts {
  // In the order of last use.
  const connections = new Map<string, SharedConnection>()
  const sweeper = setInterval(sweep, SWEEP_MS).unref()

  function sweep(): void {
    const before = performance.now() - IDLE_MS
    for (const [key, connection] of connections)
      if (connection.lastUsedAtMs < before || connections.size > MOST_SHARED) drop(key, connection)
  }

  function drop(key: string, connection: SharedConnection): void {
    if (connections.get(key) === connection) connections.delete(key)
    void close(connection)
  }

  async function close({ opening }: SharedConnection): Promise<void> {
    try {
      await (await opening).close()
    } catch {
      // It never opened, which its users were told, or it was broken already.
    }
  }

  function share<T>(key: string, open: (lost: () => void) => Promise<Shared<T>>): Promise<T> {
    const known = connections.get(key)
    // What throws before its first await is an opening that failed too.
    const connection: SharedConnection = known ?? {
      opening: (async () => open(() => drop(key, connection)))(),
      lastUsedAtMs: 0,
    }
    connection.lastUsedAtMs = performance.now()
    connections.delete(key)
    connections.set(key, connection)
    if (!known) connection.opening.catch(() => drop(key, connection))
    return connection.opening.then((shared) => shared.value as T)
  }

  return {
    of({ id, version }, host) {
      return {
        ...host,
        remember: (key, make, options) =>
          remember({ sql: store.sql, destinationId: id, version, onError, ...host }, key, make, options),
        share: (open) => share(`${id} ${version}`, open),
      }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper)
      const open = [...connections.values()]
      connections.clear()
      await Promise.all(open.map(close))
    },
  }
}

interface Remembering {
  readonly sql: Sql
  readonly destinationId: Uuid<'dst'>
  readonly version: number
  readonly signal: AbortSignal
  readonly onError: (error: unknown) => void
}

async function remember(
  { sql, destinationId, version, signal, onError }: Remembering,
  key: string,
  make: () => Promise<string>,
  { ttlSeconds }: { ttlSeconds?: number } = {},
): Promise<string> {
  checkText('key', key)
  const memoKey = { destinationId, version, key }
  for (;;) {
    signal.throwIfAborted()
    const memo = (await readMemo(sql, memoKey)) ?? (await claimMemo(sql, memoKey))
    if (!memo) throw new Error('The destination was changed or deleted meanwhile')
    if (memo.value !== null) return memo.value
    if (memo.isOurs) break
    await pause(LOOK_AGAIN_MS, undefined, { signal })
  }
  try {
    const value = await make()
    checkText('value', value)
    await writeMemo(sql, memoKey, { value, ttlSeconds })
    return value
  } catch (error) {
    await giveUpMemo(sql, memoKey).catch(onError)
    throw error
  }
}

function checkText(what: string, text: unknown): void {
  if (typeof text !== 'string' || text.length > MAX_CHARACTERS)
    throw new Error(`A ${what} to remember is a text of at most ${MAX_CHARACTERS} characters`)
}

/** For a deleted destination: what it remembered, and nothing shared. */
export function hostOfDeleted(host: Host, memos: Readonly<Record<string, string>>): DestinationHost {
  return {
    ...host,
    remember: async (key, make) => memos[key] ?? make(),
    share: async (open) => {
      const { value, close } = await open(() => undefined)
      host.signal.addEventListener('abort', () => void Promise.resolve(close()).catch(() => undefined), { once: true })
      return value
    },
  }
}
