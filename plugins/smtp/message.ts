import { type ConnectorEvent, type Placeholder, renderTemplate, writeJson } from 'postrider/connector'
import type { Config } from './settings.ts'

/** What nodemailer makes the mail of, as JSON may hold it. */
export interface Message {
  readonly from: { readonly name: string; readonly address: string }
  readonly to: readonly string[]
  readonly replyTo?: string
  readonly subject: string
  readonly text: string
  readonly html?: string
  readonly messageId: string
  readonly date: string
  readonly headers: Readonly<Record<string, string>>
}

/** Characters. */
const MAX_SUBJECT = 250
/** Of all values in one text together. */
const MAX_VALUES = 100_000

interface Occasion {
  readonly event: ConnectorEvent
  readonly config: Config
  readonly delivery: { readonly id: string; readonly isTest: boolean }
}

export function buildMessage({ event, config, delivery }: Occasion): Message {
  const subject = headerText(renderTemplate(config.subject, event, withinBudget(MAX_SUBJECT))) || event.type
  return {
    from: { name: config.fromName ?? '', address: config.from },
    to: config.to,
    ...(config.replyTo && { replyTo: config.replyTo }),
    subject: cut(delivery.isTest ? `Test: ${subject}` : subject, MAX_SUBJECT),
    text: renderTemplate(config.text, event, withinBudget(MAX_VALUES)),
    ...(config.html && { html: renderHtml(config.html, event) }),
    // The same over attempts: a mail that arrived although its answer was lost can be told from a new one.
    messageId: `<${delivery.id}@${domainOf(config.from)}>`,
    date: event.createdAt.toISOString(),
    // RFC 3834: nobody's holiday notice answers it.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

function renderHtml(template: string, event: ConnectorEvent): string {
  const limit = withinBudget(MAX_VALUES)
  return renderTemplate(template, event, (text, placeholder) => escapeHtml(limit(text, placeholder)))
}

/**
 * Writes the values of one template so that they hold no more than about `maxLength` characters together. A mail has room for
 * more of a value than its text holds, and for JSON with indentation.
 */
function withinBudget(maxLength: number) {
  let left = maxLength
  return (text: string | undefined, { value, times }: Placeholder): string => {
    if (text === undefined) return ''
    const most = Math.max(1, Math.floor(left / times))
    const kept = cut(typeof value === 'string' ? value : writeJson(value, most, '  '), most)
    left = Math.max(0, left - kept.length * times)
    return kept
  }
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** One line, whatever the data brings: a line break would begin another header. */
function headerText(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
}

/** At most `maxLength` UTF-16 units of well-formed text. */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text.toWellFormed()
  return `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`.toWellFormed()
}
