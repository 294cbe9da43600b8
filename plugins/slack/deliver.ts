import { createHash } from 'node:crypto'
import type { ChatPostMessageArguments } from '@slack/web-api'
import { type ConnectorDefinition, type ConnectorEvent, renderWholly } from 'postrider/connector'
import { askSlack, SlackRefused } from './api.ts'
import { apiBase, type Config, type Credentials } from './settings.ts'

/** So long after its first message a thread takes more; then a new one begins. */
const THREAD_S = 30 * 24 * 60 * 60

/** Posts as a bot. Without a token the request is for an incoming webhook, which the host sends by itself. */
export const deliver: NonNullable<ConnectorDefinition<Config, Credentials>['deliver']> = async (host, context) => {
  const { config, credentials, request, event, delivery } = context
  const { botToken } = credentials
  if (botToken === undefined) return undefined
  const message = JSON.parse(request.body) as ChatPostMessageArguments
  const account = { botToken, apiBase: apiBase(config), headers: ownHeaders(request.headers) }
  const post = async (threadTs?: string) => {
    const inThread = threadTs === undefined ? {} : { thread_ts: threadTs }
    const { ts } = await askSlack(host, account, (client) => client.chat.postMessage({ ...message, ...inThread }))
    return ts
  }
  try {
    const key = threadKeyOf(config, event)
    if (key === undefined) await post()
    else {
      const begin = async () => JSON.stringify({ ts: await post(), deliveryId: delivery.id } satisfies ThreadBegin)
      const kept = await host.remember(key, begin, { ttlSeconds: THREAD_S })
      const { ts, deliveryId } = JSON.parse(kept) as ThreadBegin
      // The delivery that began the thread is done, now or in an attempt whose end was lost.
      if (deliveryId !== delivery.id) await post(ts)
    }
    return { kind: 'success' }
  } catch (error) {
    if (error instanceof SlackRefused) return error.verdict
    throw error
  }
}

interface ThreadBegin {
  readonly ts: string | undefined
  readonly deliveryId: string
}

/** Undefined for an event that lacks a part of the key: it stands alone. Hashed, since a key may be any text. */
function threadKeyOf({ threadKey, channel }: Config, event: ConnectorEvent): string | undefined {
  if (threadKey === undefined) return undefined
  const key = renderWholly(threadKey, event)
  return key && `thread ${channel} ${createHash('sha256').update(key).digest('base64url')}`
}

/** The customer's own headers: those that the client sets by itself would stand there twice. */
function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(headers).filter((name) => !/^(authorization|content-type|accept|user-agent)$/i.test(name))
  return Object.fromEntries(names.map((name) => [name, headers[name]!]))
}
