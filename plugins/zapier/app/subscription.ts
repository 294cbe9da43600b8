import type { Bundle, ZObject } from 'zapier-platform-core'
import { ask, findConnection, throwUserErrors, type UserError } from './postrider.ts'

const CREATE = `
  mutation ZapierSubscribe($input: DestinationCreateInput!) {
    destinationCreate(input: $input) {
      destination { id }
      userErrors { code message path }
    }
  }
`

interface Created {
  readonly destinationCreate: { readonly destination: { id: string } | null; readonly userErrors: readonly UserError[] }
}

const FIND = `
  query ZapierFindSubscription($organizationId: ID!, $key: String!) {
    destinations(organizationId: $organizationId, first: 1, filter: { search: $key, connectors: ["zapier"] }) {
      nodes { id }
    }
  }
`

interface Found {
  readonly destinations: { readonly nodes: readonly { readonly id: string }[] }
}

const RENEW = `
  mutation ZapierRenewSubscription($update: DestinationUpdateInput!, $enable: DestinationEnableInput!) {
    destinationUpdate(input: $update) { userErrors { code message path } }
    destinationEnable(input: $enable) { userErrors { code message path } }
  }
`

interface Renewed {
  readonly destinationUpdate: { readonly userErrors: readonly UserError[] }
  readonly destinationEnable: { readonly userErrors: readonly UserError[] }
}

const DELETE = `
  mutation ZapierUnsubscribe($input: DestinationDeleteInput!) {
    destinationDelete(input: $input) { userErrors { code message path } }
  }
`

interface Deleted {
  readonly destinationDelete: { readonly userErrors: readonly UserError[] }
}

/**
 * Makes the destination of a Zap. Asked again for the same hook, as after an answer that was lost, it finds the one that
 * was made: hence a key that the hook alone decides.
 */
export async function subscribe(z: ZObject, bundle: Bundle, eventType: string): Promise<{ id: string }> {
  const { organization } = await findConnection(z, bundle)
  const targetUrl = bundle.targetUrl ?? ''
  const place = { organizationId: organization.id, key: `zapier-${z.hash('sha256', targetUrl)}` }
  const subscribed = { label: `Zapier: ${eventType}`, eventTypes: [eventType] }
  const input = {
    ...place,
    ...subscribed,
    connector: 'zapier',
    config: {},
    credentials: { targetUrl },
    // Zapier verifies no signatures.
    signingSecret: null,
  }
  const { destinationCreate } = await ask<Created>(z, bundle, { query: CREATE, variables: { input } })
  const { destination, userErrors } = destinationCreate
  if (userErrors.some(({ code, path }) => code === 'TAKEN' && path?.includes('key'))) {
    const renewed = await renew(z, bundle, { place, subscribed })
    if (renewed) return renewed
  }
  throwUserErrors(z, userErrors)
  return { id: destination!.id }
}

async function renew(
  z: ZObject,
  bundle: Bundle,
  { place, subscribed }: { place: { organizationId: string; key: string }; subscribed: Record<string, unknown> },
): Promise<{ id: string } | undefined> {
  const { destinations } = await ask<Found>(z, bundle, { query: FIND, variables: place })
  const [found] = destinations.nodes
  if (!found) return undefined
  const { id } = found
  const variables = { update: { id, ...subscribed }, enable: { id } }
  const { destinationUpdate, destinationEnable } = await ask<Renewed>(z, bundle, { query: RENEW, variables })
  throwUserErrors(z, [...destinationUpdate.userErrors, ...destinationEnable.userErrors])
  return { id }
}

/** One that is not there any more has been unsubscribed before, by a 410 or a person. */
export async function unsubscribe(z: ZObject, bundle: Bundle): Promise<{ id: string }> {
  const id = bundle.subscribeData?.id ?? ''
  const { destinationDelete } = await ask<Deleted>(z, bundle, { query: DELETE, variables: { input: { id } } })
  throwUserErrors(
    z,
    destinationDelete.userErrors.filter(({ code }) => code !== 'NOT_FOUND'),
  )
  return { id }
}
