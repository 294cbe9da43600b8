import { type ConnectorEvent, renderTemplate, renderWholly, textOf, writeJson } from 'postrider/connector'
import { codeBlock, cut, escapeMarkdown } from './markdown.ts'
import type { Config } from './settings.ts'

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits, characters. */
const MAX_TITLE = 256
const MAX_DESCRIPTION = 4_096
const MAX_URL = 2_048

/** Discord takes 25 fields of 256 and 1,024, and 6,000 characters in all. These sizes add up to less than that. */
const MAX_FIELDS = 10
const MAX_FIELD_NAME = 64
const MAX_FIELD_VALUE = 256
const MAX_TEXT = 2_000

interface Embed {
  readonly title: string
  readonly description?: string
  readonly url?: string
  readonly color?: number
  readonly fields?: readonly { readonly name: string; readonly value: string; readonly inline: boolean }[]
  readonly timestamp: string
  readonly footer: { readonly text: string }
}

/** The body of https://docs.discord.com/developers/resources/webhook#execute-webhook */
export function buildMessage(event: ConnectorEvent, config: Config, isTest: boolean) {
  return {
    ...(config.username && { username: config.username }),
    embeds: [buildEmbed(event, config, isTest)],
    // Whatever the text says, nobody is called.
    allowed_mentions: { parse: [] },
  }
}

function buildEmbed(event: ConnectorEvent, config: Config, isTest: boolean): Embed {
  const title = renderTemplate(config.title, event, writeValue(MAX_TITLE)).trim() || escapeMarkdown(event.type)
  const description = describe(event, config)
  const url = linkOf(event, config.link)
  const fields = config.details === 'fields' ? fieldsOf(event.data) : []
  return {
    title: cut(isTest ? `Test: ${title}` : title, MAX_TITLE),
    ...(description && { description }),
    ...(url && { url }),
    ...(config.color && { color: Number.parseInt(config.color.slice(1), 16) }),
    ...(fields.length > 0 && { fields }),
    timestamp: event.createdAt.toISOString(),
    footer: { text: event.id },
  }
}

function describe(event: ConnectorEvent, { text, details }: Config): string {
  const written = text ? cut(renderTemplate(text, event, writeValue(MAX_TEXT)), MAX_TEXT) : ''
  if (details !== 'json') return written
  const before = written === '' ? '' : `${written}\n`
  return before + codeBlock(writeJson(event.data, MAX_DESCRIPTION, '  '), MAX_DESCRIPTION - before.length)
}

function writeValue(maxLength: number): (value: string | undefined) => string {
  return (value = '') => escapeMarkdown(cut(value, maxLength))
}

function fieldsOf(data: unknown): NonNullable<Embed['fields']> {
  if (typeof data !== 'object' || data === null) return [{ name: 'data', value: shown(data), inline: false }]
  return Object.entries(data)
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => ({
      name: cut(escapeMarkdown(cut(name, MAX_FIELD_NAME)), MAX_FIELD_NAME).trim() || '–',
      value: shown(value),
      inline: typeof value !== 'object',
    }))
}

/** Discord refuses a field without a text. */
function shown(value: unknown): string {
  return cut(writeValue(MAX_FIELD_VALUE)(textOf(value)), MAX_FIELD_VALUE).trim() || '–'
}

/** Undefined when a value is not there, or they make no address that can be opened. */
function linkOf(event: ConnectorEvent, template: string | undefined): string | undefined {
  if (!template) return undefined
  const link = renderWholly(template, event, (value) => encodeURIComponent(cut(value, MAX_URL)))
  return link !== undefined && link.length <= MAX_URL && URL.canParse(link) ? link : undefined
}
