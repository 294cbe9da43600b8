import type { CheckIssue, FieldOption, Host, OptionsContext, Settings } from 'postrider/connector'
import { verdictOfCode } from './answers.ts'
import { type Account, askSlack, SlackRefused } from './api.ts'
import { apiBase, type Config, type Credentials } from './settings.ts'

/** As many as a form shows, and as one page of Slack's list holds at most. */
const MOST_CHANNELS = 1_000

/** Channels that the bot can see, public and private, by name. */
export async function listChannels(
  host: Host,
  { config, credentials: { botToken }, search }: OptionsContext<Config, Credentials>,
): Promise<FieldOption[]> {
  if (typeof botToken !== 'string') throw new Error('give the bot token first (an incoming webhook needs no channel)')
  const wanted = search.trim().replace(/^#/, '').toLowerCase()
  const found: FieldOption[] = []
  await askSlack(host, { botToken, apiBase: apiBase(config) }, async (client) => {
    let cursor: string | undefined
    do {
      const page = await client.conversations.list({
        types: 'public_channel,private_channel',
        exclude_archived: true,
        limit: MOST_CHANNELS,
        ...(cursor && { cursor }),
      })
      for (const { id, name, is_private } of page.channels ?? [])
        if (id && name?.toLowerCase().includes(wanted))
          found.push({ label: `#${name}${is_private ? ' (private)' : ''}`, value: id })
      cursor = page.response_metadata?.next_cursor
    } while (cursor && found.length < MOST_CHANNELS)
  }).catch(explainScope)
  return found.slice(0, MOST_CHANNELS).toSorted((a, b) => a.label.localeCompare(b.label, 'en'))
}

function explainScope(error: unknown): never {
  if (error instanceof SlackRefused && error.code === 'missing_scope')
    throw new Error(
      'The token lacks channels:read or groups:read. Add both under OAuth & Permissions, and install the app again',
    )
  throw error
}

/** What Slack has against the settings. */
export async function checkSettings(
  host: Host,
  { config, credentials }: Settings<Config, Credentials>,
): Promise<readonly CheckIssue[]> {
  const { botToken, webhookUrl } = credentials
  if (botToken === undefined) return checkWebhook(host, webhookUrl!)
  return checkBot(host, { botToken, apiBase: apiBase(config) }, config.channel!)
}

async function checkBot(host: Host, account: Account, channel: string): Promise<readonly CheckIssue[]> {
  try {
    const scopes = await askSlack(host, account, async (client) => (await client.auth.test()).response_metadata?.scopes)
    const info = await askSlack(host, account, async (client) => (await client.conversations.info({ channel })).channel)
    if (info?.is_archived) return [{ message: verdictReason('is_archived'), path: ['config', 'channel'] }]
    // With this scope a bot posts to public channels without being there.
    const mayPost = info?.is_member || (!info?.is_private && scopes?.includes('chat:write.public'))
    return mayPost ? [] : [{ message: verdictReason('not_in_channel'), path: ['config', 'channel'] }]
  } catch (error) {
    if (!(error instanceof SlackRefused)) throw error
    return [issueOf(error)]
  }
}

function issueOf({ verdict, code, message }: SlackRefused): CheckIssue {
  if (code === 'missing_scope')
    return {
      message:
        'The token lacks channels:read or groups:read, so the channel cannot be looked up. Add both under OAuth & Permissions, and install the app again',
      path: ['credentials', 'botToken'],
    }
  if (verdict.kind === 'disable') return { message, path: ['credentials', 'botToken'] }
  return verdict.kind === 'fail' ? { message, path: ['config', 'channel'] } : { message }
}

function verdictReason(code: string): string {
  return (verdictOfCode(code) as { reason: string }).reason
}

/** An empty message is refused by a webhook that works, and by one that does not with its reason. Nobody sees anything. */
async function checkWebhook(host: Host, webhookUrl: string): Promise<readonly CheckIssue[]> {
  const response = await host.fetch(webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  const code = (await response.text()).trim()
  if (WORKING.has(code)) return []
  const verdict = verdictOfCode(code)
  const isKnown = verdict.kind === 'disable' || verdict.kind === 'fail'
  const message = isKnown ? verdict.reason : `is answered with HTTP ${response.status}, and not by an incoming webhook`
  return [{ message, path: ['credentials', 'webhookUrl'] }]
}

/** What webhooks say to an empty message. */
const WORKING = new Set(['no_text', 'invalid_payload', 'ok'])
