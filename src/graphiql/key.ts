import { tryParseJSONC } from '@graphiql/react'

/** What the headers editor holds while no key is known. GraphiQL allows comments there and strips them. */
export const HEADERS_WITHOUT_KEY = `// Paste a key after "Bearer ": the operator key
// or an application's API key.
{
  "authorization": "Bearer "
}
`

/**
 * The key of a link such as /graphiql/#key=KEY, which is then taken out of the address bar and the history.
 * It travels as a fragment because browsers send fragments to no server, so it is in no log.
 */
export function takeKeyFromAddress(): string | undefined {
  const key = keyInFragment(location.hash)
  if (key !== undefined) history.replaceState(null, '', location.pathname + location.search)
  return key
}

/** A plain + stays a +, unlike in a query string: keys may be base64. */
export function keyInFragment(fragment: string): string | undefined {
  const raw = /^#key=(.+)$/.exec(fragment)?.[1]
  if (raw === undefined) return undefined
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

/** These headers with this key; whatever else they hold, such as postrider-application, is kept. */
export function withKey(headers: string | null, key: string): string {
  const others = Object.entries(parse(headers)).filter(([name]) => !isAuthorization(name))
  return JSON.stringify({ authorization: `Bearer ${key}`, ...Object.fromEntries(others) }, null, 2)
}

/** The authorization header, or undefined while the headers editor has no key. */
export function authorizationOf(headers: string): string | undefined {
  const value = Object.entries(parse(headers)).find(([name]) => isAuthorization(name))?.[1]
  const authorization = typeof value === 'string' ? value.trim() : ''
  return /^(bearer)?$/i.test(authorization) ? undefined : authorization
}

function isAuthorization(name: string): boolean {
  return name.toLowerCase() === 'authorization'
}

/** Half-typed JSON counts as no headers: GraphiQL itself tells the person when they run the operation. */
function parse(headers: string | null): Record<string, unknown> {
  try {
    return tryParseJSONC(headers ?? '') ?? {}
  } catch {
    return {}
  }
}
