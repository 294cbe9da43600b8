import { type IDataObject, type IExecuteFunctions, type INodeProperties, NodeOperationError } from 'n8n-workflow'
import { callApi, credentialOf, organizationBy, refuse, type UserError } from '../shared/api'
import { readTime } from '../shared/time'

const show = { resource: ['event'] }

export const eventProperties: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show },
    options: [
      {
        name: 'Publish',
        value: 'publish',
        description: 'Publish an event to all destinations that want it',
        action: 'Publish an event',
      },
    ],
    default: 'publish',
  },
  {
    displayName: 'Event Type Name or ID',
    name: 'eventType',
    type: 'options',
    typeOptions: { loadOptionsMethod: 'getEventTypes' },
    displayOptions: { show: { ...show, operation: ['publish'] } },
    default: '',
    required: true,
    description:
      'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
  },
  {
    displayName: 'Data',
    name: 'data',
    type: 'json',
    displayOptions: { show: { ...show, operation: ['publish'] } },
    default: '={{ $json }}',
    required: true,
    description: 'What happened, as JSON of at most 256 KB that fits the schema of the event type',
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add Field',
    displayOptions: { show: { ...show, operation: ['publish'] } },
    default: {},
    options: [
      {
        displayName: 'Deliver At',
        name: 'deliverAt',
        type: 'dateTime',
        default: '',
        description: 'Deliver not before, at most 30 days ahead. At once when left out.',
      },
      {
        displayName: 'Idempotency Key',
        name: 'idempotencyKey',
        type: 'string',
        default: '',
        description:
          'Publishing again with the same key within 24 hours makes no second event. Set it when the node retries on failure.',
      },
      {
        displayName: 'Organization',
        name: 'organization',
        type: 'string',
        default: '',
        description: 'Whose event it is: an external ID, or an org_… ID. That of the credential when left out.',
      },
    ],
  },
]

interface PublishPayload {
  readonly event: IDataObject | null
  readonly duplicate: boolean
  readonly userErrors: UserError[]
}

export async function publishEvent(context: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
  const { deliverAt, idempotencyKey, organization } = context.getNodeParameter('additionalFields', itemIndex, {}) as {
    deliverAt?: string
    idempotencyKey?: string
    organization?: string
  }
  const { id, externalId } = organizationBy(organization || (await credentialOf(context, itemIndex)).organization)
  const input = {
    type: context.getNodeParameter('eventType', itemIndex) as string,
    data: readJson(context, itemIndex),
    ...(id ? { organizationId: id } : { organizationExternalId: externalId }),
    ...(deliverAt && { deliverAt: readTime(context, deliverAt, itemIndex) }),
    ...(idempotencyKey && { idempotencyKey }),
  }
  const { eventPublish } = await callApi<{ eventPublish: PublishPayload }>(
    context,
    `mutation PublishEvent($input: EventPublishInput!) {
      eventPublish(input: $input) { event { id type createdAt deliverAt } duplicate userErrors { code message path } }
    }`,
    { input },
    itemIndex,
  )
  refuse(context.getNode(), eventPublish.userErrors, itemIndex)
  return [{ ...eventPublish.event, duplicate: eventPublish.duplicate }]
}

/** The field holds text when a person has typed it, and anything when an expression made it. */
function readJson(context: IExecuteFunctions, itemIndex: number): IDataObject {
  const given = context.getNodeParameter('data', itemIndex)
  if (typeof given !== 'string') return given as IDataObject
  try {
    return JSON.parse(given) as IDataObject
  } catch (error) {
    throw new NodeOperationError(context.getNode(), `Data is no JSON: ${(error as Error).message}`, { itemIndex })
  }
}
