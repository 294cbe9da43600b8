/** A subscription was refused, or its connection was lost. */
export class SubscriptionFailed extends Error {
  /** extensions.code of the refusal, UNAUTHENTICATED for a key; undefined when the connection was lost. */
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.name = 'SubscriptionFailed'
    this.code = code
  }
}

/** Close codes after which another try would end alike: see server/websocket.ts. */
const FINAL_CODES: Readonly<Record<number, string>> = {
  4400: 'BAD_USER_INPUT',
  4401: 'UNAUTHENTICATED',
  4406: 'BAD_USER_INPUT',
}

interface Refusal {
  readonly message: string
  readonly extensions?: { readonly code?: unknown }
}

/** What ended a connection: GraphQL errors, a close event, or whatever the socket threw. */
export function toFailure(error: unknown): SubscriptionFailed {
  if (Array.isArray(error)) {
    const [first] = error as Refusal[]
    return new SubscriptionFailed(first?.message ?? 'refused', String(first?.extensions?.code ?? 'INTERNAL'))
  }
  const { code, reason } = error as { code?: number; reason?: string }
  if (typeof code === 'number') return new SubscriptionFailed(reason || `closed with ${code}`, FINAL_CODES[code])
  return new SubscriptionFailed((error instanceof Error && error.message) || 'the connection was lost')
}
