// Which headers a profile or a customer may add to a request. The others are the connection's, the body's, or would let a
// receiver take the request for somebody else's.

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/

const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'cookie',
  'date',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-real-ip',
])
const RESERVED_PREFIXES = ['content-', 'proxy-', 'sec-', 'x-forwarded-']

/** What is wrong with the name of a header; undefined when nothing is. */
export function headerNameProblem(name: string): string | undefined {
  if (!TOKEN.test(name)) return 'is no name of a header: letters, digits and dashes, 1 to 100 characters'
  const lower = name.toLowerCase()
  if (RESERVED.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix)))
    return `${name} is set by Postrider or by the connection`
  return undefined
}

/** Places of those in a list of names that stand there already, whatever their case. */
export function repeatedNames(names: readonly string[]): number[] {
  const lower = names.map((name) => name.toLowerCase())
  return lower.flatMap((name, i) => (lower.indexOf(name) < i ? [i] : []))
}
