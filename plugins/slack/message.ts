import { type ConnectorEvent, renderTemplate, renderWholly, textOf, valueAt, writeJson } from 'postrider/connector'
import type { Config } from './settings.ts'
import { createRoom, fitText, type Room } from './text.ts'

/** What stands for a value that the event does not have. */
const MISSING = '–'

/**
 * Most characters that Slack takes, from https://docs.slack.dev/reference/block-kit/blocks; that of all blocks together is
 * not documented, and measured (msg_blocks_too_long).
 */
const MAX = { header: 150, section: 3_000, field: 2_000, fields: 10, link: 3_000, allBlocks: 9_500 }

export interface MessageContext {
  readonly event: ConnectorEvent
  readonly config: Config
  readonly delivery: { readonly id: string; readonly isTest: boolean }
}

/** An event as the message that chat.postMessage and incoming webhooks take, within all limits. */
export function buildMessage(context: MessageContext) {
  const { event, config, delivery } = context
  const room = createRoom(MAX.allBlocks)
  const title = titleOf(context)
  const header = { type: 'header', text: plainText(room.fit(title, MAX.header)) }
  const about = [event.id, event.createdAt.toISOString(), ...(delivery.isTest ? ['Test'] : [])].join(' · ')
  const footer = { type: 'context', elements: [plainText(room.fit(about, 300))] }
  const text = config.text ? paragraphOf(config.text, event, room) : ''
  const button = linkButton(context, room)
  const fields = fieldsOf(context, room)
  const data = config.showData ? dataOf(event.data, room) : undefined
  const blocks = [
    header,
    text && { type: 'section', text: markdown(text) },
    fields.length > 0 && { type: 'section', fields },
    data && { type: 'section', text: markdown(data) },
    button && { type: 'actions', elements: [button] },
    footer,
  ]
  return {
    // What notifications and screen readers say.
    text: [fitText(title, MAX.section), text].filter(Boolean).join('\n'),
    blocks: blocks.filter(Boolean),
    metadata: {
      event_type: 'postrider_delivery',
      event_payload: { delivery_id: delivery.id, event_id: event.id, event_type: event.type },
    },
    // Addresses in the data are nobody's wish to see a preview of.
    unfurl_links: false,
    unfurl_media: false,
  }
}

function titleOf({ event, config, delivery }: MessageContext): string {
  const filled = renderTemplate(config.title, event, (value = MISSING) => value)
  const line = filled.slice(0, MAX.section).replace(/\s+/g, ' ').trim() || event.type
  return delivery.isTest ? `Test: ${line}` : line
}

/** The template is its owner's and may have markup; values are escaped, and cut so that the markup stays whole. */
function paragraphOf(template: string, event: ConnectorEvent, room: Room): string {
  const values = createRoom(Math.min(MAX.section, room.left) - ownLength(template, event))
  const filled = renderTemplate(template, event, (value = MISSING, { times }) => {
    const text = values.fit(value, Math.floor(values.left / times))
    values.take(text.repeat(times - 1))
    return text
  })
  return filled.trim() && room.take(filled)
}

/** What a template says apart from its values. */
function ownLength(template: string, event: ConnectorEvent): number {
  return renderTemplate(template, event, () => '').length
}

function fieldsOf({ event, config }: MessageContext, room: Room) {
  const chosen = config.fields?.map((path) => [path.split('.').at(-1)!, textOf(valueAt(event, path))] as const)
  const all = chosen ?? plainValues(event.data)
  // Each gets its share, so that one long value leaves the others their place.
  const share = Math.min(MAX.field, Math.floor(room.left / Math.max(1, all.length)))
  return all.flatMap(([name, value = MISSING]) => {
    const text = room.fit(`${name.slice(0, 100) || MISSING}\n${value.trim() || MISSING}`, share)
    return text ? [plainText(text)] : []
  })
}

/** The first members of an object that are no objects themselves. */
function plainValues(data: unknown): (readonly [string, string | undefined])[] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return []
  const found: (readonly [string, string | undefined])[] = []
  for (const name in data) {
    if (found.length === MAX.fields) break
    const value = (data as Record<string, unknown>)[name]
    if (typeof value !== 'object' || value === null) found.push([name, value === null ? undefined : String(value)])
  }
  return found
}

const FENCE = '```'

function dataOf(data: unknown, room: Room): string | undefined {
  const max = Math.min(MAX.section, room.left) - 2 * (FENCE.length + 1)
  if (max < 100) return undefined
  // The same JSON without a character that could end the fence.
  const json = writeJson(data, max, '  ').replaceAll('`', '\\u0060')
  return `${FENCE}\n${room.fit(json, max)}\n${FENCE}`
}

/** Values are encoded as parts of the address, but for a template that is one value alone. */
function linkButton({ event, config }: MessageContext, room: Room) {
  if (!config.link) return undefined
  const template = config.link.trim()
  const isOneValue = ownLength(template, event) === 0
  const filled = renderWholly(template, event, isOneValue ? undefined : encode)
  const url = filled === undefined || filled.length > MAX.link ? null : URL.parse(filled)
  if (!url || !/^https?:$/.test(url.protocol) || url.href.length > MAX.link) return undefined
  const label = room.fit(config.linkLabel, 75)
  return { type: 'button', text: plainText(label), url: room.take(url.href), action_id: 'open' }
}

function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed())
}

function plainText(text: string) {
  return { type: 'plain_text', text, emoji: false }
}

/** verbatim: Slack makes no links and mentions of what merely looks like some. */
function markdown(text: string) {
  return { type: 'mrkdwn', text, verbatim: true }
}
