import { spawn } from 'node:child_process'
import path from 'node:path'
import { freePort } from './free-port.ts'
import { checkout, end, follow } from './process.ts'
import { type Answer, type ReceivedRequest, type Receiver, startReceiver } from './receiver.ts'

export interface EmulatedSlack extends AsyncDisposable {
  /** Base of the Web API, as the connector's apiUrl. */
  readonly apiUrl: string
  /** Its incoming webhook, which posts to #general. */
  readonly webhookUrl: string
  /** Calls a method of the Web API as an administrator. Throws for `ok: false`. */
  call(method: string, fields?: Record<string, string>): Promise<Record<string, unknown>>
  /** Messages of a channel, oldest first. */
  messages(channel: string): Promise<SlackMessage[]>
}

interface SlackMessage {
  readonly text: string
  readonly ts: string
  readonly thread_ts?: string
  readonly blocks?: { readonly type: string }[]
  readonly metadata?: unknown
}

/** Slack as the package `emulate` has it, in a process of its own: it takes any token, and holds nobody to a limit. */
export async function startEmulatedSlack(): Promise<EmulatedSlack> {
  const port = await freePort()
  const script = path.join(checkout, 'node_modules/emulate/dist/index.js')
  const args = [script, 'start', '-s', 'slack', '-p', String(port)]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  await follow(child).said('Ready.')
  const origin = `http://127.0.0.1:${port}`
  const call = async (method: string, fields: Record<string, string> = {}) => {
    const headers = { authorization: 'Bearer xoxb-of-an-administrator' }
    const init = { method: 'POST', headers, body: new URLSearchParams(fields) }
    const answer = (await (await fetch(`${origin}/api/${method}`, init)).json()) as Record<string, unknown>
    if (answer.ok !== true) throw new Error(`${method}: ${JSON.stringify(answer)}`)
    return answer
  }
  return {
    apiUrl: `${origin}/api/`,
    webhookUrl: `${origin}/services/T000000001/B000000001/X000000001`,
    call,
    messages: async (channel) => {
      const { messages } = (await call('conversations.history', { channel })) as { messages: SlackMessage[] }
      const threads = messages.map(async ({ ts }) => {
        const replies = (await call('conversations.replies', { channel, ts })) as { messages: SlackMessage[] }
        return replies.messages
      })
      const all = [...messages, ...(await Promise.all(threads)).flat()]
      return [...new Map(all.map((message) => [message.ts, message])).values()].toSorted((a, b) =>
        a.ts < b.ts ? -1 : 1,
      )
    },
    async [Symbol.asyncDispose]() {
      await end(child, 'SIGKILL')
    },
  }
}

export interface StubbedSlack extends Receiver {
  readonly apiUrl: string
  readonly webhookUrl: string
  /** The forms of the calls of one method, in the order of their arrival. */
  calls(method: string): URLSearchParams[]
}

/** A Slack that answers as a test says: for what no emulator does. */
export async function startStubbedSlack(
  answer: (request: ReceivedRequest, n: number) => Answer,
): Promise<StubbedSlack> {
  const receiver = await startReceiver(answer)
  return {
    ...receiver,
    apiUrl: new URL('/api/', receiver.url).href,
    webhookUrl: new URL('/services/T0/B0/a-secret-of-the-webhook', receiver.url).href,
    calls: (method) =>
      receiver.requests.filter((one) => one.path === `/api/${method}`).map(({ body }) => new URLSearchParams(body)),
  }
}

/** An answer of the Web API. */
export function slackAnswer(body: unknown, headers: Record<string, string> = {}, status = 200): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return (response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}
