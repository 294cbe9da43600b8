import { findSecrets, holdsSecret } from './find-secrets.ts'
import { decodeBase64, decodePart, type Secrets } from './secrets.ts'
import type { Span } from './spelling-index.ts'

/** What stands in a record where a credential stood. */
export const REDACTED = '[redacted]'

const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie'])

const MAX_MESSAGE_LENGTH = 1_000
const MAX_URL_LENGTH = 4_096
/** Longer values are not taken apart, and are blanked out where a part might be a secret. */
const MAX_PARTED_LENGTH = 4_096
/** Fewer characters of base64 hold no name and password. */
const MIN_PAIR_LENGTH = 4

/** Characters of half an escape. */
const MAX_CUT_ESCAPE = 12

/** Name and value, and true when the value is not what was sent. Short, because attempts are most of what is stored. */
export type RecordedHeader = readonly [name: string, value: string, redacted?: true]

/** A text as it may be recorded: without the secrets, without what Postgres refuses, and no longer than `maxLength`. */
export function recordText(text: string, secrets: Secrets, maxLength = MAX_MESSAGE_LENGTH): string {
  if (text.length > maxLength) return recordCutText(text.slice(0, maxLength), secrets, maxLength)
  return storable(blankOut(text, findSecrets(text, secrets)), maxLength)
}

/** The same for a text that was cut off somewhere, also in the middle of a secret. */
export function recordCutText(text: string, secrets: Secrets, maxLength: number): string {
  const whole = withoutCutEscape(text.slice(0, maxLength))
  return storable(blankOut(whole, findSecrets(whole, secrets, true)), maxLength)
}

/** A URL that was called. User information, and parts that are a secret or one of a secret URL, are blanked out whatever they are. */
export function recordUrl(text: string, secrets: Secrets): string {
  const secretUrl = secrets.urls.find((url) => text.startsWith(url))
  const whole = text.slice(secretUrl?.length ?? 0)
  const rest = whole.slice(0, MAX_URL_LENGTH)
  const record = rest.length < whole.length ? recordCutText : recordText
  const clean = rest.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, `$1${REDACTED}@`)
  const parts = secrets.everyday.size > 0 ? blankOutParts(clean, secrets) : clean
  return record(secretUrl === undefined ? parts : REDACTED + parts, secrets, MAX_URL_LENGTH)
}

type Headers = readonly (readonly [string, string])[]

/** Headers of an answer. `secretNames` are more names that are secret, in lower case. */
export function redactHeaders(headers: Headers, secrets: Secrets, secretNames?: ReadonlySet<string>): RecordedHeader[] {
  const holdsAny = holdsSecret(headers.flat().join('\n'), secrets)
  return headers.map(([name, value]) => {
    const lower = name.toLowerCase()
    const isSecret = SECRET_HEADERS.has(lower) || secretNames?.has(lower) || (holdsAny && holdsSecret(value, secrets))
    const clean = isSecret ? REDACTED : storable(value)
    const cleanName = holdsAny ? recordText(name, secrets, name.length) : storable(name)
    return clean === value ? [cleanName, clean] : [cleanName, clean, true]
  })
}

/** The same of a request, where a word is blanked out as well that is a credential, however short. */
export function redactRequestHeaders(
  headers: Headers,
  secrets: Secrets,
  secretNames?: ReadonlySet<string>,
): RecordedHeader[] {
  const recorded = redactHeaders(headers, secrets, secretNames)
  if (secrets.everyday.size === 0) return recorded
  return recorded.map((header) => (isMadeOfPart(header[1], secrets) ? [header[0], REDACTED, true] : header))
}

/** By itself, as one of its words, or within `Basic` and its like. */
function isMadeOfPart(value: string, { everyday }: Secrets): boolean {
  const isPart = (text: string) => everyday.has(text) || everyday.has(decodePart(text))
  const isPair = (word: string) => word.length >= MIN_PAIR_LENGTH && decodeBase64(word).split(':').some(isPart)
  if (value.length > MAX_PARTED_LENGTH) return true
  return isPart(value) || value.split(/[\s,;=]+/).some((word) => isPart(word) || isPair(word))
}

function blankOutParts(url: string, { everyday }: Secrets): string {
  return url.replace(/[^/?#&=;]+/g, (part) => {
    const spellings = [part, decodePart(part), decodePart(part.replaceAll('+', ' '))]
    return spellings.some((one) => everyday.has(one)) ? REDACTED : part
  })
}

/** Without the half of an escape at its end. */
function withoutCutEscape(text: string): string {
  const [cut = ''] =
    /(?:%(?:[\da-f]|25[\da-f]?)?|\\+(?:u[\da-f]{0,3})?|&(?:amp;)?#?\w{0,6})$/i.exec(text.slice(-MAX_CUT_ESCAPE)) ?? []
  return text.slice(0, text.length - cut.length)
}

function blankOut(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text
  const kept = spans.map(([start], n) => text.slice(spans[n - 1]?.[1] ?? 0, start))
  return [...kept, text.slice(spans.at(-1)![1])].join(REDACTED)
}

function storable(text: string, maxLength = text.length): string {
  const clean = text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text
  return (clean.length > maxLength ? clean.slice(0, maxLength) : clean).toWellFormed()
}
