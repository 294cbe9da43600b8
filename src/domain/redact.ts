/** What stands in a record where a credential stood. */
export const REDACTED = '[redacted]'

const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie'])

export interface RecordedHeader {
  readonly name: string
  readonly value: string
  readonly redacted: boolean
}

/** Replaces each secret in the text. Texts under four characters would blank out innocent ones, and are left. */
export function redactText(text: string, secrets: readonly string[]): string {
  let redacted = text
  for (const secret of secrets) if (secret.length >= 4) redacted = redacted.replaceAll(secret, REDACTED)
  return redacted
}

export function redactHeaders(
  headers: Iterable<readonly [string, string]>,
  secrets: readonly string[],
): RecordedHeader[] {
  return Array.from(headers, ([name, value]) => {
    if (SECRET_HEADERS.has(name.toLowerCase())) return { name, value: REDACTED, redacted: true }
    const clean = redactText(value, secrets)
    return { name, value: clean, redacted: clean !== value }
  })
}
