import { type ConnectorEvent, renderTemplate, renderWholly, textOf, writeJson } from 'postrider/connector'
import { cut } from './cut.ts'
import { escapeMarkdown } from './markdown.ts'
import type { Config } from './settings.ts'

/**
 * Sizes in bytes of JSON. Together they stay below 20,000: Teams takes about 28 KB a message
 * (https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions) with what the flow wraps
 * around the card, and refusals were seen from 21 KB on.
 */
const MAX_TITLE = 600
const MAX_TEXT = 4_000
const MAX_FIELDS = 10
const MAX_FIELD_NAME = 200
const MAX_FIELD_VALUE = 600
const MAX_JSON = 8_000
const MAX_LINK = 2_048

interface TextRun {
  readonly type: 'TextRun'
  readonly text: string
  readonly weight?: 'bolder'
  readonly size?: 'large' | 'small'
  readonly isSubtle?: true
  readonly fontType?: 'monospace'
}

type Element =
  | { readonly type: 'RichTextBlock'; readonly inlines: readonly TextRun[]; readonly spacing?: 'small' }
  | { readonly type: 'TextBlock'; readonly text: string; readonly wrap: true }

/** What the trigger "When a Teams webhook request is received" takes: a message with an Adaptive Card. */
export function buildMessage(event: ConnectorEvent, config: Config, isTest: boolean) {
  const url = linkOf(event, config.link)
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: buildBody(event, config, isTest),
    ...(url && { actions: [{ type: 'Action.OpenUrl', title: config.linkTitle, url }] }),
  }
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  }
}

/** Values stand in text runs, where no markdown is read, all but those inside the person's own text. */
function buildBody(event: ConnectorEvent, config: Config, isTest: boolean): Element[] {
  const title = renderTemplate(config.title, event, (value = '') => cut(value, MAX_TITLE)).trim() || event.type
  const text = config.text && renderTemplate(config.text, event, (value = '') => escapeMarkdown(cut(value, MAX_TEXT)))
  return [
    line({ text: cut(isTest ? `Test: ${title}` : title, MAX_TITLE), weight: 'bolder', size: 'large' }),
    ...(text ? [{ type: 'TextBlock', text: cut(text, MAX_TEXT), wrap: true } as const] : []),
    ...details(event.data, config.details),
    line({ text: `${event.id} · ${event.createdAt.toISOString()}`, size: 'small', isSubtle: true }),
  ]
}

function details(data: unknown, how: Config['details']): Element[] {
  if (how === 'none') return []
  if (how === 'json') return [line({ text: cut(writeJson(data, MAX_JSON, '  '), MAX_JSON), fontType: 'monospace' })]
  const entries: [string, unknown][] =
    typeof data === 'object' && data !== null ? Object.entries(data) : [['data', data]]
  return entries.slice(0, MAX_FIELDS).map(([name, value]) => ({
    ...line(
      { text: `${cut(name, MAX_FIELD_NAME)}: `, weight: 'bolder' },
      { text: cut(textOf(value) ?? '–', MAX_FIELD_VALUE) },
    ),
    spacing: 'small',
  }))
}

function line(...runs: readonly Omit<TextRun, 'type'>[]): Element & { type: 'RichTextBlock' } {
  return { type: 'RichTextBlock', inlines: runs.map((run) => ({ type: 'TextRun', ...run })) }
}

/** Undefined when a value is not there, or they make no address that can be opened. */
function linkOf(event: ConnectorEvent, template: string | undefined): string | undefined {
  if (!template) return undefined
  const link = renderWholly(template, event, (value) => encodeURIComponent(cut(value, MAX_LINK)))
  return link !== undefined && link.length <= MAX_LINK && URL.canParse(link) ? link : undefined
}
