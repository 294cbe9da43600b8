import type { Classification, ConnectorResponse } from 'postrider/connector'

// What Slack's answers mean. The codes stand in https://docs.slack.dev/reference/methods/chat.postMessage#errors and, for
// incoming webhooks, which answer them as bare text, in https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.

const newToken = 'Install the app again, and give its new bot token'
const askOwner = 'Ask an administrator of the workspace'

/** Nothing will be taken until a person has changed something. */
const disabling = new Map(
  Object.entries({
    invalid_auth: `Slack does not know the token. ${newToken}`,
    not_authed: `Slack saw no token. ${newToken}`,
    account_inactive: `The app was removed, or its workspace deleted. ${newToken}`,
    token_revoked: `The token was revoked. ${newToken}`,
    token_expired: `The token has expired. Switch off token rotation, and give the app's new bot token`,
    missing_scope: 'The token lacks a scope. Add chat:write under OAuth & Permissions, and install the app again',
    no_permission: 'The token may not post. Add chat:write under OAuth & Permissions, and install the app again',
    invalid_token: 'The webhook URL is not valid any more. Make a new incoming webhook, and give its URL',
    no_service: 'The incoming webhook was removed or switched off. Make a new one, and give its URL',
    no_service_id: 'The webhook URL is not whole. Copy it again from the app',
    no_active_hooks: 'The incoming webhook is switched off. Make a new one, and give its URL',
    no_team: 'The workspace of the webhook is gone. Make a webhook in another, and give its URL',
    team_disabled: 'The workspace is switched off. Make a webhook in another, and give its URL',
  }),
)

/** Codes of webhooks that are gone, where a new token would not help. */
const GONE = new Set(['no_service', 'no_service_id', 'no_active_hooks', 'no_team', 'team_disabled'])

/** This message will not be taken; the next one may be. */
const failing = new Map(
  Object.entries({
    channel_not_found:
      'Slack does not know the channel, or the bot may not see it. Choose another, or invite the bot to it',
    not_in_channel: 'The bot is not in the channel. Type /invite and its name there',
    is_archived: 'The channel is archived. Bring it back, or choose another',
    channel_is_archived: 'The channel is archived. Bring it back, or make a webhook for another',
    action_prohibited: `The workspace does not let the webhook post. ${askOwner}`,
    posting_to_general_channel_denied: `The app may not post to this channel. ${askOwner}, or choose another`,
    msg_too_long: 'The message is too long for Slack. Shorten the templates',
    msg_blocks_too_long: 'The message is too long for Slack. Show fewer fields, or not the data',
    invalid_blocks: 'Slack does not take the form of the message',
    invalid_blocks_format: 'Slack does not take the form of the message',
    invalid_payload: 'Slack does not take the form of the message',
    invalid_arguments: 'Slack does not take the form of the message',
    no_text: 'The message is empty. Give a title',
  }),
)

/** Of several codes: the settings of a channel or workspace keep the bot from posting. */
const RESTRICTED = 'restricted_action'

export function verdictOfCode(code: string, afterMs?: number): Classification {
  const why = describeCode(code)
  if (disabling.has(code))
    return { kind: 'disable', reason: why, because: GONE.has(code) ? 'GONE' : 'CREDENTIALS_REJECTED' }
  if (failing.has(code) || code.startsWith(RESTRICTED)) return { kind: 'fail', reason: why }
  const limited = isRateLimit(code) ? ({ because: 'RATE_LIMITED' } as const) : {}
  return { kind: 'retry', reason: why, ...limited, ...(afterMs !== undefined && { afterMs }) }
}

function isRateLimit(code: string): boolean {
  return code === 'ratelimited' || code === 'rate_limited'
}

/**
 * What a person can do about it, with the code. Anything else is not quoted: a page that repeats the request may hold the
 * token, and half of it would not be blanked out. The record has the answer.
 */
function describeCode(code: string): string {
  if (!/^[a-z0-9_]{1,64}$/.test(code))
    return "Slack's answer is not one of its own. A proxy may stand in between: look at the recorded answer"
  if (isRateLimit(code)) return 'Slack takes no more at the moment (ratelimited)'
  if (code.startsWith(RESTRICTED)) return `The channel does not take messages of the bot. ${askOwner} (${code})`
  const known = disabling.get(code) ?? failing.get(code)
  return known ? `${known} (${code})` : `Slack answered "${code}"`
}

/** The meaning of an answer as it comes over HTTP: a webhook's bare text, or the JSON of the Web API. */
export function classify({ statusCode, headers, body }: ConnectorResponse): Classification | undefined {
  // What HTTP itself has words for, with its Retry-After, the host understands.
  if (statusCode === 429 || statusCode >= 500) return undefined
  const answer = readAnswer(body)
  const isOk = statusCode >= 200 && statusCode < 300
  if (answer.ok) return isOk ? { kind: 'success' } : undefined
  const verdict = verdictOfCode(answer.code, afterMsOf(headers['retry-after']))
  return isOk || verdict.kind !== 'retry'
    ? verdict
    : { kind: 'retry', reason: `${verdict.reason} (HTTP ${statusCode})` }
}

function readAnswer(body: string): { ok: true } | { ok: false; code: string } {
  const text = body.trim()
  if (text === 'ok') return { ok: true }
  try {
    const json = JSON.parse(text)
    if (json?.ok === true) return { ok: true }
    if (typeof json?.error === 'string') return { ok: false, code: json.error }
  } catch {
    // Bare text: the code itself.
  }
  return { ok: false, code: text }
}

/** Retry-After in seconds, or as a date (RFC 9110, section 10.2.3), where a time is given to reckon it from. */
export function afterMsOf(retryAfter: string | null | undefined, nowMs?: number): number | undefined {
  const text = retryAfter?.trim()
  if (!text) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const dateMs = nowMs === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs!)
}
