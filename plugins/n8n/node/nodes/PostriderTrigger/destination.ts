import { createHash } from 'node:crypto'
import { type IDataObject, type INode, NodeOperationError } from 'n8n-workflow'
import { type ApiContext, callApi, refuse, type UserError } from '../shared/api'

export interface Destination {
  readonly id: string
  readonly eventTypes: readonly string[]
  readonly disabledReason: string | null
}

/** What the destination is to be like. */
export interface Wanted {
  readonly organizationId: string
  readonly url: string
  readonly isTest: boolean
  readonly eventTypes: string[]
  readonly workflowName: string
}

/** A destination and the secret that signs what it is sent. */
export interface Registered {
  readonly id: string
  readonly secret: string
}

const FIELDS = 'id key eventTypes disabledReason'

/** One URL has one destination, however often it is set up: Postrider lets an organization use a key only once. */
function keyOf(url: string): string {
  return `n8n-${createHash('sha256').update(url).digest('hex').slice(0, 40)}`
}

export async function findDestination(
  context: ApiContext,
  { organizationId, url }: Pick<Wanted, 'organizationId' | 'url'>,
): Promise<Destination | undefined> {
  const key = keyOf(url)
  const { destinations } = await callApi<{ destinations: { nodes: Array<Destination & { key: string | null }> } }>(
    context,
    `query DestinationOfWebhook($organizationId: ID!, $key: String!) {
      destinations(organizationId: $organizationId, first: 10, filter: { search: $key }) { nodes { ${FIELDS} } }
    }`,
    { organizationId, key },
  )
  return destinations.nodes.find((destination) => destination.key === key)
}

/** Makes the destination of the URL, or brings the one that it has up to date, and reads its secret. */
export async function registerDestination(context: ApiContext, wanted: Wanted): Promise<Registered> {
  const { organizationId, url, isTest, eventTypes, workflowName } = wanted
  const input = {
    organizationId,
    connector: 'n8n',
    key: keyOf(url),
    label: `n8n: ${workflowName}${isTest ? ' (test)' : ''}`.slice(0, 200),
    config: configOf(wanted),
    eventTypes,
  }
  const { destinationCreate } = await callApi<{ destinationCreate: CreatePayload }>(
    context,
    `mutation CreateDestination($input: DestinationCreateInput!) {
      destinationCreate(input: $input) { destination { id } signingSecret userErrors { code message path } }
    }`,
    { input },
  )
  const { destination, signingSecret, userErrors } = destinationCreate
  const earlier = userErrors.some(({ code }) => code === 'TAKEN') ? await findDestination(context, wanted) : undefined
  if (earlier) return await adoptDestination(context, earlier, wanted)
  refuse(context.getNode(), userErrors)
  return registered(context.getNode(), destination?.id, signingSecret)
}

interface CreatePayload {
  readonly destination: { readonly id: string } | null
  readonly signingSecret: string | null
  readonly userErrors: UserError[]
}

/** Brings an earlier destination of the URL up to date. One that a person switched off in Postrider stays off. */
async function adoptDestination(
  context: ApiContext,
  { id, disabledReason }: Destination,
  wanted: Wanted,
): Promise<Registered> {
  const { destinationUpdate, destinationSecretReveal } = await callApi<{
    destinationUpdate: { userErrors: UserError[] }
    destinationSecretReveal: { signingSecret: string | null; userErrors: UserError[] }
  }>(
    context,
    `mutation AdoptDestination($input: DestinationUpdateInput!, $id: ID!) {
      destinationUpdate(input: $input) { userErrors { code message path } }
      destinationSecretReveal(input: { id: $id }) { signingSecret userErrors { code message path } }
    }`,
    { id, input: { id, config: configOf(wanted), eventTypes: wanted.eventTypes } },
  )
  refuse(context.getNode(), [...destinationUpdate.userErrors, ...destinationSecretReveal.userErrors])
  if (disabledReason !== null && disabledReason !== 'MANUAL') await enableDestination(context, id)
  return registered(context.getNode(), id, destinationSecretReveal.signingSecret)
}

async function enableDestination(context: ApiContext, id: string): Promise<void> {
  const { destinationEnable } = await callApi<{ destinationEnable: { userErrors: UserError[] } }>(
    context,
    'mutation EnableDestination($id: ID!) { destinationEnable(input: { id: $id }) { userErrors { code message path } } }',
    { id },
  )
  refuse(context.getNode(), destinationEnable.userErrors)
}

/** One that is gone already is as good as deleted. */
export async function deleteDestination(context: ApiContext, id: string): Promise<void> {
  const { destinationDelete } = await callApi<{ destinationDelete: { userErrors: UserError[] } }>(
    context,
    'mutation DeleteDestination($id: ID!) { destinationDelete(input: { id: $id }) { userErrors { code message path } } }',
    { id },
  )
  const problems = destinationDelete.userErrors.filter(({ code }) => code !== 'NOT_FOUND')
  refuse(context.getNode(), problems)
}

function configOf({ url, isTest }: Wanted): IDataObject {
  return { url, temporary: isTest }
}

function registered(node: INode, id: string | undefined, secret: string | null): Registered {
  if (id !== undefined && secret !== null) return { id, secret }
  const message =
    'The destination in Postrider has no signing secret, and what is not signed is not trusted: delete it there'
  throw new NodeOperationError(node, message)
}

/** Throws when the application signs its requests in another way than the trigger can verify. */
export async function requireStandardWebhooks(context: ApiContext): Promise<void> {
  const { viewer } = await callApi<{
    viewer: { application: { deliveryProfile: { signatures: Array<{ scheme: string }> } } | null } | null
  }>(context, 'query SignatureSchemes { viewer { application { deliveryProfile { signatures { scheme } } } } }', {})
  const signatures = viewer?.application?.deliveryProfile.signatures ?? []
  if (signatures.some(({ scheme }) => scheme === 'STANDARD_WEBHOOKS')) return
  const message =
    'The application does not sign its requests with Standard Webhooks, which is what this trigger verifies'
  throw new NodeOperationError(context.getNode(), message, {
    description: 'Whoever runs the application can add the scheme STANDARD_WEBHOOKS to its delivery profile.',
  })
}
