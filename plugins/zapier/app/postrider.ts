import type { Bundle, ZObject } from 'zapier-platform-core'

export interface Organization {
  readonly id: string
  readonly externalId: string | null
  readonly name: string
}

/** What Postrider has against the input of a mutation. */
export interface UserError {
  readonly code: string
  readonly message: string
  /** From the arguments down: ['input', 'data']. */
  readonly path: readonly string[] | null
}

interface Answer<Data> {
  readonly data?: Data | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

/** One operation of Postrider's GraphQL API. Throws what Zapier shows to its user; of a 429 Zapier takes care itself. */
export async function ask<Data>(
  z: ZObject,
  { authData }: Pick<Bundle, 'authData'>,
  { query, variables = {} }: { query: string; variables?: Record<string, unknown> },
): Promise<Data> {
  const url = graphqlUrl(z, authData.serverUrl)
  const response = await z.request<Answer<Data> | undefined>({
    url,
    method: 'POST',
    headers: { authorization: `Bearer ${authData.apiKey?.trim()}`, 'content-type': 'application/json' },
    // Bytes, not text: z.request refuses texts with {{bundle.…}} in them, and the data of an event may be any.
    body: Buffer.from(JSON.stringify({ query, variables })),
    redirect: 'manual',
    skipThrowForStatus: true,
  })
  if (response.status === 401) {
    throw new z.errors.ExpiredAuthError(
      'Postrider does not know this API key, or it was revoked. Reconnect with another.',
    )
  }
  const { data, errors } = Object(response.data) as Answer<Data>
  const error = errors?.[0]
  if (error) throw new z.errors.Error(error.message, error.extensions?.code, response.status)
  if (data) return data
  const message = `No Postrider answers at ${url} (HTTP ${response.status}). Check the server URL of the connection.`
  throw new z.errors.Error(message, 'NO_POSTRIDER', response.status)
}

/** Throws the first, with the field that it is about. */
export function throwUserErrors(z: ZObject, userErrors: readonly UserError[]): void {
  const [error] = userErrors
  if (!error) return
  const field = error.path?.slice(1).join('.')
  throw new z.errors.Error(field ? `${field}: ${error.message}` : error.message, error.code, 400)
}

const CONNECTION = `
  query ZapierConnection($organization: String!, $id: ID!, $isGiven: Boolean!) {
    viewer {
      application { name }
      organization { ...OrganizationFields }
    }
    byId: organization(id: $id) @include(if: $isGiven) { ...OrganizationFields }
    byExternalId: organization(externalId: $organization) @include(if: $isGiven) { ...OrganizationFields }
  }
  fragment OrganizationFields on Organization { id externalId name }
`

interface Connection {
  readonly viewer: {
    readonly application: { readonly name: string } | null
    readonly organization: Organization | null
  }
  readonly byId?: Organization | null
  readonly byExternalId?: Organization | null
}

/** Whose events the connection is about. */
export async function findConnection(
  z: ZObject,
  bundle: Pick<Bundle, 'authData'>,
): Promise<{ organization: Organization; applicationName: string }> {
  const given = bundle.authData.organization?.trim() ?? ''
  const variables = { organization: given, id: given, isGiven: given !== '' }
  const { viewer, byId, byExternalId } = await ask<Connection>(z, bundle, { query: CONNECTION, variables })
  const organization = given ? (byId ?? byExternalId) : viewer.organization
  if (organization) return { organization, applicationName: viewer.application?.name ?? 'Postrider' }
  const message = given
    ? `There is no organization "${given}". Give the id or external id of one in the connection.`
    : 'Give the id or external id of an organization in the connection: this key is for many.'
  throw new z.errors.Error(message, 'NOT_FOUND', 404)
}

function graphqlUrl(z: ZObject, serverUrl = ''): string {
  const text = serverUrl.trim().replace(/\/+$/, '')
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) {
    throw new z.errors.Error('The server URL is no URL such as https://events.example.com', 'INVALID', 400)
  }
  return text.endsWith('/graphql') ? text : `${text}/graphql`
}
