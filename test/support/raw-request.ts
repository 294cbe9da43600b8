import type { Endpoint } from '../../src/client/request.ts'

/** An answer as it came: nothing is thrown, so that a test can look at what was refused. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The first field of the data. */
  readonly root: unknown
  /** extensions.code of each top-level error. */
  readonly codes: readonly string[]
  /** The messages of the top-level errors, joined. */
  readonly message: string
}

/** Sends an operation as text. Without `key` in the endpoint: anonymously. */
export async function sendRaw(
  { url, key, applicationId }: Partial<Endpoint> & { url: string },
  query: unknown,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<RawAnswer> {
  return fetchRaw(url, {
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(applicationId && { 'postrider-application': applicationId }),
    },
    body: JSON.stringify({ query, variables }),
  })
}

/** One request to /graphql, by default a POST of JSON. */
export async function fetchRaw(url: string, init: RequestInit & { query?: string } = {}): Promise<RawAnswer> {
  const response = await fetch(new URL(`/graphql${init.query ?? ''}`, url), {
    method: 'POST',
    ...init,
    headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
  })
  const text = await response.text()
  const { data, errors = [] } = parse(text)
  return {
    status: response.status,
    headers: response.headers,
    text,
    root: Object.values(data ?? {})[0],
    codes: errors.map((error) => error.extensions.code),
    message: errors.map((error) => error.message).join('; '),
  }
}

interface Body {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}

function parse(text: string): Body {
  try {
    return JSON.parse(text) as Body
  } catch {
    return {}
  }
}
