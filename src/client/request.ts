import type { TypedDocumentString } from './generated/documents.ts'

/** Where the API is, and who calls it. */
export interface Endpoint {
  /** Base of the server, e.g. http://127.0.0.1:4000. */
  readonly url: string
  /** An API key, or the operator key. */
  readonly key: string
  /** With the operator key: the application to act in. */
  readonly applicationId?: string | undefined
}

/** Top-level errors of an answer; `codes` are their extensions.code, none when it was no answer of a GraphQL server. */
export class RequestFailed extends Error {
  readonly status: number
  readonly codes: readonly string[]

  constructor(status: number, errors: readonly { message: string; extensions?: { code?: string } }[]) {
    super(errors.map((error) => error.message).join('; ') || `HTTP ${status} without a GraphQL answer`)
    this.name = 'RequestFailed'
    this.status = status
    this.codes = errors.flatMap((error) => error.extensions?.code ?? [])
  }
}

/** Sends one query or mutation. Throws RequestFailed for top-level errors; userErrors are part of the data. */
export async function request<Data, Variables>(
  endpoint: Endpoint,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Data> {
  const response = await fetch(new URL('/graphql', endpoint.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${endpoint.key}`,
      ...(endpoint.applicationId && { 'postrider-application': endpoint.applicationId }),
    },
    body: JSON.stringify({ query: document.toString(), variables }),
    ...(signal && { signal }),
  })
  const { data, errors } = parseAnswer<Data>(await response.text())
  if (errors || !data) throw new RequestFailed(response.status, errors ?? [])
  return data
}

/** A proxy in between may answer with a page. */
function parseAnswer<Data>(text: string): { data?: Data; errors?: [] } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
