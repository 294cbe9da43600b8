import {
  type IDataObject,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  type JsonObject,
  NodeApiError,
  NodeConnectionTypes,
  NodeOperationError,
} from 'n8n-workflow'
import { getEventTypes } from '../shared/event-types'
import { deliveryProperties, listDeliveries, retryDelivery } from './delivery'
import { eventProperties, publishEvent } from './event'

/** What a workflow can do in Postrider: publish events, and look after what became of them. */
export class Postrider implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Postrider',
    name: 'postrider',
    icon: { light: 'file:../../icons/postrider.svg', dark: 'file:../../icons/postrider.dark.svg' },
    group: ['transform'],
    version: 1,
    subtitle: '={{$parameter["operation"] + ": " + $parameter["resource"]}}',
    description: 'Publish events, and look after their deliveries',
    defaults: { name: 'Postrider' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'postriderApi', required: true }],
    properties: [
      {
        displayName: 'Resource',
        name: 'resource',
        type: 'options',
        noDataExpression: true,
        options: [
          { name: 'Delivery', value: 'delivery' },
          { name: 'Event', value: 'event' },
        ],
        default: 'event',
      },
      ...eventProperties,
      ...deliveryProperties,
    ],
  }

  methods = { loadOptions: { getEventTypes } }

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    const results: INodeExecutionData[] = []
    for (let item = 0; item < this.getInputData().length; item++) {
      try {
        for (const json of await runOperation(this, item)) results.push({ json, pairedItem: { item } })
      } catch (error) {
        if (!this.continueOnFail()) {
          // An error of the same kind is handed on as it is, with what it knows of the answer.
          if (error instanceof NodeApiError) throw new NodeApiError(this.getNode(), error as unknown as JsonObject)
          throw new NodeOperationError(this.getNode(), error as Error, { itemIndex: item })
        }
        results.push({ json: { error: (error as Error).message }, pairedItem: { item } })
      }
    }
    return [results]
  }
}

async function runOperation(context: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
  const resource = context.getNodeParameter('resource', itemIndex) as string
  const operation = context.getNodeParameter('operation', itemIndex) as string
  switch (`${resource} ${operation}`) {
    case 'event publish':
      return await publishEvent(context, itemIndex)
    case 'delivery getAll':
      return await listDeliveries(context, itemIndex)
    case 'delivery retry':
      return await retryDelivery(context, itemIndex)
    default:
      throw new NodeOperationError(context.getNode(), `There is no operation "${operation}" of "${resource}"`, {
        itemIndex,
      })
  }
}
