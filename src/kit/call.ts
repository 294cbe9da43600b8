import { setTimeout as pause } from 'node:timers/promises'
import type { DeliverResult } from '../connector/define-connector.ts'
import { parseDelivered, parseIssues, parseOptions } from '../connector/parse-result.ts'
import { corpus } from './corpus.ts'
import type { FakeHost } from './fake-host.ts'
import { looseContextOf, type Parsed, type Subject } from './subject.ts'

/** A method of a connector that works with the outside. */
export interface Method {
  readonly name: string
  /** Rejects with what it throws, and when it returns nonsense. */
  call(fake: FakeHost, settings: Parsed): Promise<unknown>
}

/** Those that the connector has. */
export function methodsOf(subject: Subject): Method[] {
  const { deliver, check, options = {}, onCreate, onDelete } = subject.connector.definition
  return [
    ...(deliver
      ? [{ name: 'deliver', call: (fake, settings) => delivered({ ...subject, settings }, fake) } satisfies Method]
      : []),
    ...(check
      ? [
          {
            name: 'check',
            call: async ({ host }, settings) => parseIssues(await check(host, settings), 'check'),
          } satisfies Method,
        ]
      : []),
    ...Object.entries(options).map(
      ([field, choices]): Method => ({
        name: `options.${field}`,
        call: async ({ host }, settings) => parseOptions(await choices(host, { ...settings, search: '' })),
      }),
    ),
    ...(onCreate
      ? [{ name: 'onCreate', call: async ({ host }, settings) => onCreate(host, settings) } satisfies Method]
      : []),
    ...(onDelete
      ? [{ name: 'onDelete', call: async ({ host }, settings) => onDelete(host, settings) } satisfies Method]
      : []),
  ]
}

/** What came of it: neither when it did not end in time. */
export interface Ended<T> {
  readonly result?: T
  readonly thrown?: unknown
  readonly isLate: boolean
}

/** Longer than any answer that was not waited for. */
const MAX_WAIT_MS = 3_000

export async function inTime<T>(work: Promise<T>, maxWaitMs = MAX_WAIT_MS): Promise<Ended<T>> {
  const giveUp = new AbortController()
  try {
    return await Promise.race([
      work.then(
        (result) => ({ result, isLate: false }),
        (thrown: unknown) => ({ thrown, isLate: false }),
      ),
      pause(maxWaitMs, { isLate: true }, { signal: giveUp.signal }),
    ])
  } finally {
    giveUp.abort()
  }
}

export function callDeliver(subject: Subject, fake: FakeHost): Promise<Ended<DeliverResult | undefined>> {
  return inTime(delivered(subject, fake))
}

async function delivered({ connector, settings }: Subject, { host }: FakeHost): Promise<DeliverResult | undefined> {
  const { definition } = connector
  const context = looseContextOf(settings, corpus[0]!)
  const { method = 'POST', url, headers = {}, body = '' } = definition.buildRequest(context)
  const request = { method, url, headers: { 'content-type': 'application/json', ...headers }, body }
  return parseDelivered(await definition.deliver!(host, { ...context, request }))
}
