import { indexSpellings, type SpellingIndex } from './spelling-index.ts'
import { lowerCase } from './text-codes.ts'

/** What must not stand in a record: compiled once for each destination. Never logged, never stored. */
export interface Secrets {
  /** Everything that is looked for in a text, in lower case. */
  readonly spellings: SpellingIndex
  /** Credentials that innocent texts may hold, and which are looked for only as a part of a URL or a word of a header. */
  readonly everyday: ReadonlySet<string>
  /** Secret URLs as they are called, the longest first. */
  readonly urls: readonly string[]
}

export interface SecretSource {
  /** Of a connector: all texts within are secret. */
  readonly credentials?: unknown
  /** Values of secret headers. */
  readonly headers?: readonly string[]
  readonly signing?: readonly string[]
}

/** Compiles secrets for `recordText`, `recordUrl` and `redactHeaders`. */
export function createSecrets({ credentials, headers = [], signing = [] }: SecretSource): Secrets {
  const given = textsIn(credentials)
  const urls = given.filter(isUrl).toSorted((a, b) => b.length - a.length)
  const texts = [...given, ...urls.flatMap(partsOfUrl)].filter(Boolean)
  const everyday = new Set(texts.filter(isEveryday))
  const searched = [...texts, ...headers.flatMap(tokensOf)].filter((text) => !isEveryday(text))
  const spellings = indexSpellings([...new Set([...searched, ...signing].flatMap(spellingsOf))])
  return { spellings, everyday, urls }
}

export const NO_SECRETS = createSecrets({})

/** Every text within. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : []
}

const MIN_SECRET_LENGTH = 8
const MAX_EVERYDAY_LENGTH = 16
/** Passwords of words have more, and so do random letters of both cases. */
const MAX_WORDS = 2

/**
 * Whether a body may hold this text by chance, so that blanking it out would tear holes into innocent texts: anything under 8
 * characters; and up to 16, one or two words with nothing but blanks or punctuation between them ("application/json",
 * "orderCreated"), and numbers, dates and amounts.
 */
export function isEveryday(text: string): boolean {
  if (text.length < MIN_SECRET_LENGTH) return true
  if (text.length > MAX_EVERYDAY_LENGTH) return false
  if (/^[\d\s().,:/+-]+$/.test(text)) return true
  const words = text.split(/[\s_.,:/+-]+|(?<=\p{Ll})(?=\p{Lu})/u).filter(Boolean)
  return words.length <= MAX_WORDS && words.every((word) => /^(?:\p{Lu}?[\p{Ll}\p{Lo}]*|\p{Lu}+)$/u.test(word))
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text) && URL.canParse(text)
}

/** A service that is called by a secret URL may show a part of it alone: in an error, or in a link. */
function partsOfUrl(text: string): string[] {
  const url = new URL(text)
  const encoded = [...url.pathname.split('/'), url.username, url.password]
  return [...encoded, ...encoded.map(decodePart), ...url.searchParams.values()]
}

/** A part of a URL without its percent-encoding. Takes what is malformed as it is, and throws nothing, which would take long. */
export function decodePart(part: string): string {
  return part.replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
}

/** A receiver that shows a header which it was sent shows the token of `Bearer TOKEN`, or the password of `Basic …`, alone. */
function tokensOf(value: string): string[] {
  const [, scheme = '', token = ''] = /^(\S+) +(\S+)$/.exec(value) ?? []
  const [, password = ''] = /^basic$/i.test(scheme) ? splitPair(decodeBase64(token)) : []
  return [value, token, password]
}

function splitPair(text: string): string[] {
  const at = text.indexOf(':')
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

export function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

/** The forms that no decoding of escapes leads to: see `findSecrets` for the others. */
function spellingsOf(text: string): string[] {
  const bytes = Buffer.from(text)
  // What percent-encoding leads to is bytes, one by one.
  const plain = [text, bytes.toString('latin1')]
  const inForms = plain.map((one) => one.replaceAll(' ', '+'))
  return [...plain, ...inForms, bytes.toString('hex'), ...base64Of(bytes)].map(lowerCase)
}

/** Wherever it begins within what is encoded as a whole, without the characters that it shares with its neighbours. */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url')
    const inside = encoded.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 8) / 6))
    return [inside, inside.replaceAll('-', '+').replaceAll('_', '/')]
  })
}
