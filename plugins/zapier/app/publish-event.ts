import type { Bundle, Create, ZObject } from 'zapier-platform-core'
import { requireText, textOf } from './input.ts'
import { ask, findConnection, throwUserErrors, type UserError } from './postrider.ts'

const PUBLISH = `
  mutation ZapierPublish($input: EventPublishInput!) {
    eventPublish(input: $input) {
      event { id type createdAt }
      duplicate
      userErrors { code message path }
    }
  }
`

interface PublishedEvent {
  readonly id: string
  readonly type: string
  readonly createdAt: string
}

interface Published extends PublishedEvent {
  /** True when it was published before, under the same idempotency key. */
  readonly duplicate: boolean
}

interface Answer {
  readonly eventPublish: {
    readonly event: PublishedEvent | null
    readonly duplicate: boolean
    readonly userErrors: readonly UserError[]
  }
}

/** Publishes to the organization of the connection. */
export const publishEvent = {
  key: 'publish_event',
  noun: 'Event',
  display: {
    label: 'Publish Event',
    description: 'Publishes an event to all destinations that subscribe to its type.',
  },
  operation: {
    inputFields: [
      {
        key: 'eventType',
        label: 'Event type',
        type: 'string',
        required: true,
        dynamic: 'event_type.name.name',
        helpText: 'One of the catalogue.',
      },
      {
        key: 'fields',
        label: 'Data',
        dict: true,
        required: false,
        helpText:
          'Fields of the data, all of them text. For numbers, lists and nested data use **Data as JSON** instead.',
      },
      {
        key: 'data',
        label: 'Data as JSON',
        type: 'text',
        required: false,
        helpText: 'All of the data, such as `{"order": {"number": "A-1001", "total": 49.9}}`.',
      },
      {
        key: 'idempotencyKey',
        label: 'Idempotency key',
        type: 'string',
        required: false,
        helpText:
          'The same key publishes once within 24 hours, however often the step runs. Such as the ID of what started the Zap.',
      },
    ],
    perform,
    outputFields: [
      { key: 'id', label: 'Event ID', type: 'string' },
      { key: 'type', label: 'Event type', type: 'string' },
      { key: 'createdAt', label: 'Published at', type: 'datetime' },
      { key: 'duplicate', label: 'Published before', type: 'boolean' },
    ],
    sample: {
      id: 'evt_01jz8q6w9k6ht5m9d0x4n7c2vb',
      type: 'order.placed',
      createdAt: '2026-01-31T09:30:00.000Z',
      duplicate: false,
    },
  },
} satisfies Create

async function perform(z: ZObject, bundle: Bundle): Promise<Published> {
  const type = requireText(z, bundle, 'eventType')
  const data = dataOf(z, bundle)
  const idempotencyKey = textOf(bundle, 'idempotencyKey')
  const { organization } = await findConnection(z, bundle)
  const input = {
    organizationId: organization.id,
    type,
    data,
    ...(idempotencyKey && { idempotencyKey }),
  }
  const { eventPublish } = await ask<Answer>(z, bundle, { query: PUBLISH, variables: { input } })
  throwUserErrors(z, eventPublish.userErrors)
  return { ...eventPublish.event!, duplicate: eventPublish.duplicate }
}

function dataOf(z: ZObject, bundle: Bundle): unknown {
  const text = textOf(bundle, 'data')
  const fields = Object(bundle.inputData.fields)
  if (!text) return fields
  if (Object.keys(fields).length > 0) {
    throw new z.errors.Error('Give either Data or Data as JSON, not both.', 'INVALID', 400)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new z.errors.Error(`Data as JSON is no JSON: ${why}`, 'INVALID', 400)
  }
}
