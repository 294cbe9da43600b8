import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow'
import { callApi, credentialOf, findOrganizationId, refuse, type UserError } from '../shared/api'
import { readTime } from '../shared/time'

const show = { resource: ['delivery'] }

export const deliveryProperties: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show },
    options: [
      {
        name: 'Get Many',
        value: 'getAll',
        description: 'Get the deliveries of the organization, newest first',
        action: 'Get many deliveries',
      },
      {
        name: 'Retry',
        value: 'retry',
        description: 'Send a delivery again: a finished one as a new delivery, a pending one now',
        action: 'Retry a delivery',
      },
    ],
    default: 'getAll',
  },
  {
    displayName: 'Delivery ID',
    name: 'deliveryId',
    type: 'string',
    displayOptions: { show: { ...show, operation: ['retry'] } },
    default: '',
    required: true,
    placeholder: 'dlv_…',
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    displayOptions: { show: { ...show, operation: ['getAll'] } },
    default: false,
    description: 'Whether to return all results or only up to a given limit',
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: { minValue: 1 },
    displayOptions: { show: { ...show, operation: ['getAll'], returnAll: [false] } },
    default: 50,
    description: 'Max number of results to return',
  },
  {
    displayName: 'Filters',
    name: 'filters',
    type: 'collection',
    placeholder: 'Add Filter',
    displayOptions: { show: { ...show, operation: ['getAll'] } },
    default: {},
    options: [
      {
        displayName: 'Created After',
        name: 'from',
        type: 'dateTime',
        default: '',
        description: 'Only deliveries that were made at this time or later',
      },
      {
        displayName: 'Destination ID',
        name: 'destinationId',
        type: 'string',
        default: '',
        placeholder: 'dst_…',
        description: 'Only deliveries to this destination',
      },
      {
        displayName: 'Event Type Names or IDs',
        name: 'eventTypes',
        type: 'multiOptions',
        typeOptions: { loadOptionsMethod: 'getEventTypes' },
        default: [],
        description:
          'Only deliveries of events of these types. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
      },
      {
        displayName: 'Statuses',
        name: 'statuses',
        type: 'multiOptions',
        options: [
          { name: 'Cancelled', value: 'CANCELLED' },
          { name: 'Failed', value: 'FAILED' },
          { name: 'Pending', value: 'PENDING' },
          { name: 'Skipped', value: 'SKIPPED' },
          { name: 'Succeeded', value: 'SUCCEEDED' },
        ],
        default: [],
        description: 'Only deliveries that have come so far',
      },
    ],
  },
]

/** The largest page that the API gives. */
const PAGE_SIZE = 100

const FIELDS = `id status trigger eventId eventType destinationId attemptCount maxAttempts skipReason
  createdAt nextAttemptAt finishedAt
  lastAttempt { number startedAt durationMs outcome failureKind errorMessage response { statusCode } }`

interface DeliveriesPage {
  readonly deliveries: {
    readonly nodes: IDataObject[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

export async function listDeliveries(context: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
  const isAll = context.getNodeParameter('returnAll', itemIndex, false) as boolean
  const limit = isAll ? Number.POSITIVE_INFINITY : (context.getNodeParameter('limit', itemIndex, 50) as number)
  const filter = await readFilter(context, itemIndex)
  const found: IDataObject[] = []
  let after: string | null = null
  do {
    const page: DeliveriesPage = await callApi<DeliveriesPage>(
      context,
      `query Deliveries($first: Int!, $after: String, $filter: DeliveryFilter!) {
        deliveries(first: $first, after: $after, filter: $filter) {
          nodes { ${FIELDS} }
          pageInfo { hasNextPage endCursor }
        }
      }`,
      { first: Math.min(PAGE_SIZE, limit - found.length), after, filter },
      itemIndex,
    )
    found.push(...page.deliveries.nodes)
    after = page.deliveries.pageInfo.hasNextPage ? page.deliveries.pageInfo.endCursor : null
  } while (after && found.length < limit)
  return found
}

async function readFilter(context: IExecuteFunctions, itemIndex: number): Promise<IDataObject> {
  const { from, destinationId, eventTypes, statuses } = context.getNodeParameter('filters', itemIndex, {}) as {
    from?: string
    destinationId?: string
    eventTypes?: string[]
    statuses?: string[]
  }
  const { organization } = await credentialOf(context, itemIndex)
  return {
    organizationId: await findOrganizationId(context, organization, itemIndex),
    ...(from && { createdAt: { from: readTime(context, from, itemIndex) } }),
    ...(destinationId && { destinationIds: [destinationId] }),
    ...(eventTypes?.length && { eventTypes }),
    ...(statuses?.length && { statuses }),
  }
}

interface RetryPayload {
  readonly delivery: IDataObject | null
  readonly userErrors: UserError[]
}

export async function retryDelivery(context: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
  const id = context.getNodeParameter('deliveryId', itemIndex) as string
  const { deliveryRetry } = await callApi<{ deliveryRetry: RetryPayload }>(
    context,
    `mutation RetryDelivery($id: ID!) {
      deliveryRetry(input: { id: $id }) { delivery { ${FIELDS} } userErrors { code message path } }
    }`,
    { id },
    itemIndex,
  )
  refuse(context.getNode(), deliveryRetry.userErrors, itemIndex)
  return [{ ...deliveryRetry.delivery }]
}
