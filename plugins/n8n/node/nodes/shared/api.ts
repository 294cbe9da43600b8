import {
  type FunctionsBase,
  type IDataObject,
  type IHttpRequestOptions,
  type INode,
  type JsonObject,
  NodeApiError,
  NodeOperationError,
} from 'n8n-workflow'

const CREDENTIAL = 'postriderApi'

/** What hooks, executions and option lists of n8n have in common. */
export interface ApiContext extends Pick<FunctionsBase, 'getNode' | 'getCredentials'> {
  readonly helpers: {
    httpRequestWithAuthentication(this: unknown, credential: string, options: IHttpRequestOptions): Promise<unknown>
  }
}

export interface PostriderCredential {
  readonly serverUrl: string
  readonly organization: string
}

/** An expected failure of a mutation of Postrider. */
export interface UserError {
  readonly code: string
  readonly message: string
  readonly path: readonly string[] | null
}

interface Answer<Data> {
  readonly data?: Data | null
  readonly errors?: ReadonlyArray<{ readonly message: string }>
}

export async function credentialOf(context: ApiContext, itemIndex?: number): Promise<PostriderCredential> {
  return await context.getCredentials<PostriderCredential>(CREDENTIAL, itemIndex)
}

/** Sends one query or mutation. Throws what n8n shows to the person who runs the workflow. */
export async function callApi<Data>(
  context: ApiContext,
  query: string,
  variables: IDataObject,
  itemIndex?: number,
): Promise<Data> {
  const { serverUrl } = await credentialOf(context, itemIndex)
  const url = `${serverUrl.trim().replace(/\/+$/, '')}/graphql`
  let answer: Answer<Data>
  try {
    answer = (await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL, {
      method: 'POST',
      url,
      body: { query, variables },
      json: true,
    })) as Answer<Data>
  } catch (error) {
    throw new NodeApiError(context.getNode(), error as JsonObject, { itemIndex })
  }
  const messages = answer?.errors?.map(({ message }) => message) ?? []
  if (messages.length === 0 && answer?.data) return answer.data
  const message =
    messages.join('; ') || `There is no Postrider server at ${url}: look at the server URL of the credential`
  throw new NodeOperationError(context.getNode(), message, { itemIndex })
}

/** Throws what Postrider has against a mutation. */
export function refuse(node: INode, userErrors: readonly UserError[], itemIndex?: number): void {
  if (userErrors.length === 0) return
  const sentences = userErrors.map(({ path, message }) => {
    const field = path?.filter((part) => part !== 'input').join('.')
    return field ? `${field}: ${message}` : message
  })
  throw new NodeOperationError(node, `Postrider refused this: ${sentences.join('; ')}`, { itemIndex })
}

/** How a person names an organization, as the API takes it: the pattern is that of the credential's test. */
export function organizationBy(name: string): { id?: string; externalId?: string } {
  return /^org_[0-9a-z]{26}$/.test(name) ? { id: name } : { externalId: name }
}

/** Throws when the application has no such organization. */
export async function findOrganizationId(context: ApiContext, name: string, itemIndex?: number): Promise<string> {
  const { organization } = await callApi<{ organization: { id: string } | null }>(
    context,
    'query OrganizationId($id: ID, $externalId: String) { organization(id: $id, externalId: $externalId) { id } }',
    organizationBy(name),
    itemIndex,
  )
  if (organization) return organization.id
  throw new NodeOperationError(context.getNode(), `There is no organization "${name}" in the application`, {
    itemIndex,
    description: 'Look at the field Organization of the credential: it takes an external ID or an org_… ID.',
  })
}
