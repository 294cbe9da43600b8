import type { CheckIssue, Classification } from 'postrider/connector'

/** Why the broker has closed a channel or a connection: the reply code of AMQP 0-9-1, and its words. */
export interface Close {
  readonly code: number
  readonly text: string
}

/** What the broker has refused, and which setting is at fault. */
export class Refusal extends Error {
  readonly verdict: Classification
  readonly path: NonNullable<CheckIssue['path']>
  constructor(verdict: Exclude<Classification, { kind: 'success' }>, path: NonNullable<CheckIssue['path']>) {
    super(verdict.reason)
    this.verdict = verdict
    this.path = path
  }
}

/** What is known of the message whose fate is asked for. */
export interface Suspect {
  readonly routingKey: string
  readonly sizeBytes: number
}

const MAX_TEXT_LENGTH = 300

/** No word of the broker's: the connection is gone. */
export const noWord: Close = { code: 0, text: '' }

/** The end of a channel comes as an Error of amqplib: its code, and the broker's text in quotes. A socket's has no such code. */
export function closeOf(error: unknown): Close {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof code !== 'number' || typeof message !== 'string') return noWord
  return { code, text: /with message "(.*)"$/s.exec(message)?.[1] ?? message }
}

/** A connection that was refused before it was open: wrong credentials, or the virtual host. */
export function refusalOfConnection({ code, text }: Close): Refusal | undefined {
  const reason = said(text)
  if (code === 403) {
    return new Refusal({ kind: 'disable', because: 'CREDENTIALS_REJECTED', reason }, ['credentials', 'password'])
  }
  if (code !== 530) return undefined
  if (/^NOT_ALLOWED - vhost .* not found$/s.test(text))
    return new Refusal({ kind: 'fail', reason }, ['config', 'vhost'])
  // More words behind that tell of a limit or of a virtual host that is down: that passes.
  return /refused for user '[^']*'$/.test(text)
    ? new Refusal({ kind: 'disable', because: 'CREDENTIALS_REJECTED', reason }, ['config', 'vhost'])
    : new Refusal({ kind: 'retry', reason }, ['config', 'vhost'])
}

/**
 * What the end of their channel means for a message that was on it. AMQP does not say which message ended it; where only
 * one of them can have, the broker's words tell, and the others are sent again.
 */
export function verdictOfClose({ code, text }: Close, { routingKey, sizeBytes }: Suspect): Classification {
  const reason = said(text)
  switch (code) {
    // Every message goes to the same exchange. It may be declared again soon: the next event is tried, this one is told of.
    case 404:
      return { kind: 'fail', reason }
    case 403: {
      if (/ internal exchange /.test(text)) return { kind: 'fail', reason }
      if (!text.includes(" to topic '")) return { kind: 'disable', because: 'CREDENTIALS_REJECTED', reason }
      return text.includes(` to topic '${routingKey}' in `) ? { kind: 'fail', reason } : bystander
    }
    case 406: {
      const size = /message size (\d+) /.exec(text)?.[1]
      if (size === undefined) return { kind: 'retry', reason }
      return Number(size) === sizeBytes ? { kind: 'fail', reason } : bystander
    }
    default:
      if (text) return { kind: 'retry', reason }
      return {
        kind: 'retry',
        because: 'CONNECTION',
        reason: 'The connection ended before the broker had confirmed the message',
      }
  }
}

const bystander: Classification = {
  kind: 'retry',
  reason: 'The broker closed the channel because of another message, before it had confirmed this one',
}

function said(text: string): string {
  return `The broker said: ${text.slice(0, MAX_TEXT_LENGTH)}`
}
