import { recordText, recordUrl, redactRequestHeaders } from '../domain/redact.ts'
import { createSecrets, isEveryday, type Secrets, textsIn } from '../domain/secrets.ts'
import type { Parsed, Subject } from './subject.ts'

/** Credentials that stand nowhere else, and where they were found again. */
export interface Canary {
  readonly settings: Parsed
  /** What the host would blank out. */
  readonly secrets: Secrets
  /** Where it shows in what was left after that: nothing when it does not. */
  findIn(text: string, where: string): string[]
}

export function canaryOf({ connector, settings }: Subject): Canary {
  const changed = mapTexts(settings.credentials, planted) as Record<string, unknown>
  // A schema may ask for more than the look of a credential, such as a checksum.
  const parsed = connector.definition.credentials?.safeParse(changed)
  const credentials = (parsed?.success ? parsed.data : settings.credentials) as Record<string, unknown>
  const secrets = textsIn(credentials).filter((text) => !isEveryday(text))
  const forms = secrets.flatMap(formsOf)
  return {
    settings: { config: settings.config, credentials },
    secrets: createSecrets({ credentials }),
    findIn(text, where) {
      const lower = text.toLowerCase()
      const found = forms.find(([form]) => lower.includes(form))
      return found ? [`${where} holds a credential${found[1]}`] : []
    },
  }
}

/** Texts as the host records them. */
export function recordOf(
  request: { url: string; headers?: Readonly<Record<string, string>>; body?: string },
  secrets: Secrets,
): string {
  const headers = redactRequestHeaders(Object.entries(request.headers ?? {}), secrets)
  const body = request.body ?? ''
  return [recordUrl(request.url, secrets), JSON.stringify(headers), recordText(body, secrets, body.length)].join('\n')
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, change)]))
}

/** Another credential of the same look: its last letters and digits are others of their kind. Words get a digit. */
function planted(text: string): string {
  const start = Math.max(0, text.length - 16)
  const changed = text.slice(0, start) + text.slice(start).replace(/[a-z0-9]/gi, nextOfKind)
  return isEveryday(changed) ? changed.replace(/[a-z]$/i, '7') : changed
}

function nextOfKind(character: string, at: number): string {
  const kind = /[0-9]/.test(character)
    ? '0123456789'
    : /[a-z]/.test(character)
      ? 'abcdefghijklmnopqrstuvwxyz'
      : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
  return kind[(kind.indexOf(character) + 3 + (at % 5)) % kind.length]!
}

/** Ways of writing a secret that gives it away, in lower case, each with what to call it. */
function formsOf(secret: string): (readonly [form: string, how: string])[] {
  const bytes = Buffer.from(secret)
  const plain = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
  // Wherever it begins within what is encoded as a whole.
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64url')
    return encoded.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + bytes.length) * 4) / 3))
  })
  return [
    ...plain.map((form) => [form.toLowerCase(), ''] as const),
    ...base64.flatMap((form) => [
      [form.toLowerCase(), ' in base64'] as const,
      [form.replaceAll('-', '+').replaceAll('_', '/').toLowerCase(), ' in base64'] as const,
    ]),
    [bytes.toString('hex'), ' in hexadecimal'],
    [[...secret].reverse().join('').toLowerCase(), ' backwards'],
  ]
}
