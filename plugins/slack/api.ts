import { ErrorCode, type Logger, LogLevel, WebClient } from '@slack/web-api'
import type { Classification, Host } from 'postrider/connector'
import { afterMsOf, verdictOfCode } from './answers.ts'

export interface Account {
  readonly botToken: string
  /** Base of the Web API. */
  readonly apiBase: string
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Slack has answered, and not with what was asked for. */
export class SlackRefused extends Error {
  override readonly name = 'SlackRefused'
  readonly verdict: Exclude<Classification, { kind: 'success' }>
  /** Slack's word for it; '' when there is none. */
  readonly code: string
  constructor(verdict: SlackRefused['verdict'], code: string, options?: ErrorOptions) {
    super(verdict.reason, options)
    this.verdict = verdict
    this.code = code
  }
}

/** Lets `work` ask Slack. Throws SlackRefused; a failure of the network as it comes, with its cause beneath. */
export async function askSlack<T>(host: Host, account: Account, work: (client: WebClient) => Promise<T>): Promise<T> {
  let last: Response | undefined
  const fetch = async (url: string | URL, init?: object) => {
    last = undefined
    last = await host.fetch(url, init)
    return last
  }
  try {
    return await work(createClient(account, fetch))
  } catch (error) {
    // Where nothing was answered, the host knows better why.
    if (!last) throw error
    throw refusedFor(error, last)
  }
}

/**
 * One for each use. The options are a new object each time: the client writes its token into `headers`, and a shared one
 * would hand it to the next client. The host tries again and waits, so the client does neither.
 */
function createClient(
  { botToken, apiBase, headers }: Account,
  fetch: (url: string | URL, init?: object) => Promise<Response>,
) {
  return new WebClient(botToken, {
    slackApiUrl: apiBase,
    fetch,
    headers: { ...headers },
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: silent,
  })
}

function refusedFor(error: unknown, { status, headers }: Response): SlackRefused {
  const afterMs = afterMsOf(headers.get('retry-after'), Date.now())
  const wait = afterMs === undefined ? {} : { afterMs }
  const refused = (reason: string, because?: 'RATE_LIMITED') =>
    new SlackRefused({ kind: 'retry', reason, ...(because && { because }), ...wait }, '', { cause: error })
  if (status === 429) return refused('Slack takes no more at the moment (HTTP 429)', 'RATE_LIMITED')
  if (status !== 200) return refused(`Slack answered HTTP ${status}`)
  if (codeOf(error) !== ErrorCode.PlatformError) return refused("Slack's answer could not be read")
  const { data } = error as { data?: { error?: unknown } }
  const code = String(data?.error ?? '')
  const verdict = verdictOfCode(code, afterMs)
  return new SlackRefused(verdict as SlackRefused['verdict'], code, { cause: error })
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code
}

/** What the client would print holds customers' data; all that matters is in the answer. */
const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
}
