import {
  type IDataObject,
  type IHookFunctions,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
  NodeOperationError,
} from 'n8n-workflow'
import { credentialOf, findOrganizationId } from '../shared/api'
import { getEventTypes } from '../shared/event-types'
import {
  type Destination,
  deleteDestination,
  findDestination,
  type Registered,
  registerDestination,
  requireStandardWebhooks,
} from './destination'
import { signatureProblem } from './signature'

/**
 * Starts a workflow with each event of an organization. The destination in Postrider lives as long as the workflow is
 * active, or as long as the editor listens for a test event.
 */
export class PostriderTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Postrider Trigger',
    name: 'postriderTrigger',
    icon: { light: 'file:../../icons/postrider.svg', dark: 'file:../../icons/postrider.dark.svg' },
    group: ['trigger'],
    version: 1,
    subtitle: '={{$parameter["eventTypes"].join(", ") || "all events"}}',
    description: 'Starts the workflow when an event is published',
    defaults: { name: 'Postrider Trigger' },
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'postriderApi', required: true }],
    webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' }],
    properties: [
      {
        displayName: 'Event Type Names or IDs',
        name: 'eventTypes',
        type: 'multiOptions',
        typeOptions: { loadOptionsMethod: 'getEventTypes' },
        default: [],
        description:
          'Which events start the workflow; none means all. In an expression, order.* stands for all types that begin so. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
      },
    ],
  }

  methods = { loadOptions: { getEventTypes } }

  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        const url = webhookUrl(this)
        const found = await destinationOf(this, url)
        const isKnown = found !== undefined && registrations(this)[url]?.id === found.id
        return isKnown && found.disabledReason === null && isSameSet(found.eventTypes, eventTypes(this))
      },

      async create(this: IHookFunctions): Promise<boolean> {
        const url = webhookUrl(this)
        await requireStandardWebhooks(this)
        const { organization } = await credentialOf(this)
        const organizationId = await findOrganizationId(this, organization)
        const before = registrations(this)[url]
        const registered = await registerDestination(this, {
          organizationId,
          url,
          isTest: this.getActivationMode() === 'manual',
          eventTypes: eventTypes(this),
          workflowName: this.getWorkflow().name ?? 'workflow',
        })
        keep(this, url, registered)
        // The credential names another organization than it did.
        if (before && before.id !== registered.id) await deleteDestination(this, before.id)
        return true
      },

      async delete(this: IHookFunctions): Promise<boolean> {
        const url = webhookUrl(this)
        const id = registrations(this)[url]?.id ?? (await destinationOf(this, url))?.id
        if (id !== undefined) await deleteDestination(this, id)
        keep(this, url, undefined)
        return true
      },
    },
  }

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    const { headers, rawBody } = this.getRequestObject()
    // n8n tells a node its production URL here, also in a test: a secret of either will do.
    const secrets = Object.values(registrations(this)).map(({ secret }) => secret)
    const problem = signatureProblem({ headers, rawBody }, secrets, Date.now())
    if (problem !== undefined) {
      this.getResponseObject().status(401).json({ error: problem })
      return { noWebhookResponse: true }
    }
    return {
      workflowData: [this.helpers.returnJsonArray(this.getBodyData())],
      webhookResponse: { received: headers['webhook-id'] },
    }
  }
}

function webhookUrl(context: IHookFunctions): string {
  const url = context.getNodeWebhookUrl('default')
  if (url !== undefined) return url
  throw new NodeOperationError(context.getNode(), 'n8n has no webhook URL for this node')
}

async function destinationOf(context: IHookFunctions, url: string): Promise<Destination | undefined> {
  const { organization } = await credentialOf(context)
  return await findDestination(context, { organizationId: await findOrganizationId(context, organization), url })
}

function eventTypes(context: IHookFunctions): string[] {
  return context.getNodeParameter('eventTypes', []) as string[]
}

/** The destinations of this node, by their URLs: that of production, and that of a test. n8n keeps them with the workflow. */
function registrations(context: IHookFunctions | IWebhookFunctions): Record<string, Registered> {
  return (context.getWorkflowStaticData('node').registrations ?? {}) as unknown as Record<string, Registered>
}

function keep(context: IHookFunctions, url: string, registered: Registered | undefined): void {
  const kept = { ...registrations(context) }
  if (registered) kept[url] = registered
  else delete kept[url]
  // A new object, which n8n is sure to notice and to store.
  context.getWorkflowStaticData('node').registrations = kept as unknown as IDataObject
}

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  return new Set([...some, ...others]).size === new Set(some).size && new Set(some).size === new Set(others).size
}
