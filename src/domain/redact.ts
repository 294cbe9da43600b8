/** What stands in a record where a credential stood. */
export const REDACTED = '[redacted]'

const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie'])

/** Blanking out anything shorter would take innocent texts with it. */
const MIN_SECRET_LENGTH = 4

const MAX_MESSAGE_LENGTH = 1_000

/** Name and value, and true when the value is not what was sent. Short, because attempts are most of what is stored. */
export type RecordedHeader = readonly [name: string, value: string, redacted?: true]

/** Every form in which a request may carry these secrets as text, longest first, so that none leaves a rest of another. */
export function secretForms(secrets: readonly string[]): string[] {
  const forms = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret.toWellFormed()),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
    ])
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length)
}

/** What must not stand in a record of someone with these credentials: all texts within, in every form. */
export function secretTextsOf(credentials: unknown): string[] {
  return secretForms(textsIn(credentials).flatMap(withUrlParts))
}

/** Every text within. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : []
}

/** Long enough to be no word of a path that everybody has. */
const MIN_TOKEN_LENGTH = 16

/** A service that is called by a secret URL may show the token in it alone: in an error, or in a link. */
export function withUrlParts(value: string): string[] {
  const url = /^https?:/i.test(value) ? URL.parse(value) : null
  if (!url) return [value]
  const parts = [...url.pathname.split('/'), ...url.searchParams.values()]
  return [value, ...parts.filter((part) => part.length >= MIN_TOKEN_LENGTH)]
}

/** A text as it may be recorded: without the secrets, without what Postgres refuses, and no longer than `maxLength`. */
export function recordText(text: string, secrets: readonly string[], maxLength = MAX_MESSAGE_LENGTH): string {
  let clean = text
  for (const secret of secrets) if (secret.length <= clean.length) clean = clean.replaceAll(secret, REDACTED)
  if (clean.includes('\0')) clean = clean.replaceAll('\0', '\uFFFD')
  return (clean.length > maxLength ? clean.slice(0, maxLength) : clean).toWellFormed()
}

export function redactHeaders(
  headers: Iterable<readonly [string, string]>,
  secrets: readonly string[],
  /** Names of more that are secret, in lower case. */
  secretNames?: ReadonlySet<string>,
): RecordedHeader[] {
  return Array.from(headers, ([name, value]) => {
    const lower = name.toLowerCase()
    const isSecret = SECRET_HEADERS.has(lower) || secretNames?.has(lower) || hidesSecret(value, secrets)
    const clean = isSecret ? REDACTED : recordText(value, secrets, value.length)
    const cleanName = recordText(name, [], name.length)
    return clean === value ? [cleanName, clean] : [cleanName, clean, true]
  })
}

/** `Basic` and its like: a secret inside what is base64 as a whole. */
function hidesSecret(value: string, secrets: readonly string[]): boolean {
  if (secrets.length === 0) return false
  const shortest = secrets.reduce((least, secret) => Math.min(least, secret.length), Number.POSITIVE_INFINITY)
  if (value.length * 3 < shortest * 4) return false
  return value.split(/[\s,;=]+/).some((part) => {
    if (part.length * 3 < shortest * 4 - 4) return false
    const decoded = Buffer.from(part, 'base64').toString('utf8')
    return secrets.some((secret) => decoded.includes(secret))
  })
}
