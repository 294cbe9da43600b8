import type { Bundle, Trigger, ZObject } from 'zapier-platform-core'
import { type FlatEvent, flatEvent } from './flat-event.ts'
import { requireText } from './input.ts'
import { ask, findConnection } from './postrider.ts'
import { subscribe, unsubscribe } from './subscription.ts'

const RECENT_EVENTS = `
  query ZapierRecentEvents($organizationId: ID!, $type: String!) {
    events(first: 10, filter: { organizationId: $organizationId, types: [$type] }) {
      nodes { id type createdAt data }
    }
    eventType(name: $type) { id createdAt samplePayload }
  }
`

interface RecentEvents {
  readonly events: {
    readonly nodes: readonly {
      readonly id: string
      readonly type: string
      readonly createdAt: string
      readonly data: unknown
    }[]
  }
  readonly eventType: { readonly id: string; readonly createdAt: string; readonly samplePayload: unknown } | null
}

/** A REST hook: a Zap that is switched on has a destination in Postrider, for as long as it is on. */
export const newEvent = {
  key: 'new_event',
  noun: 'Event',
  display: { label: 'New Event', description: 'Triggers when an event of the chosen type is published.' },
  operation: {
    type: 'hook',
    inputFields: [
      {
        key: 'eventType',
        label: 'Event type',
        type: 'string',
        required: true,
        dynamic: 'event_type.name.name',
        helpText: 'The Zap starts with each event of this type.',
      },
    ],
    performSubscribe,
    performUnsubscribe: unsubscribe,
    perform,
    performList,
    outputFields: [
      { key: 'id', label: 'Event ID', type: 'string', primary: true },
      { key: 'type', label: 'Event type', type: 'string' },
      { key: 'createdAt', label: 'Published at', type: 'datetime' },
      { key: 'organization', label: 'Organization', type: 'string' },
    ],
    sample: {
      id: 'evt_01jz8q6w9k6ht5m9d0x4n7c2vb',
      type: 'order.placed',
      createdAt: '2026-01-31T09:30:00.000Z',
      organization: 'acme',
      data__order__number: 'A-1001',
      data__order__total: 49.9,
    },
  },
} satisfies Trigger

function performSubscribe(z: ZObject, bundle: Bundle): Promise<{ id: string }> {
  return subscribe(z, bundle, requireText(z, bundle, 'eventType'))
}

/** A hook as it came in, without what Zapier adds to it. */
function perform(_z: ZObject, { cleanedRequest }: Bundle): FlatEvent[] {
  const { querystring: _, ...event } = cleanedRequest
  return [event]
}

/** What a person maps fields with in the editor: the newest events, or the type's sample, as hooks would bring them. */
async function performList(z: ZObject, bundle: Bundle): Promise<FlatEvent[]> {
  const type = requireText(z, bundle, 'eventType')
  const { organization } = await findConnection(z, bundle)
  const variables = { organizationId: organization.id, type }
  const { events, eventType } = await ask<RecentEvents>(z, bundle, { query: RECENT_EVENTS, variables })
  const common = { type, organization: organization.externalId ?? organization.id }
  // Those whose data is no longer kept have no fields to map.
  const kept = events.nodes.filter(({ data }) => data !== null)
  if (kept.length > 0) return kept.map((event) => flatEvent({ ...common, ...event }))
  if (!eventType) throw new z.errors.Error(`There is no event type "${type}" in the catalogue.`, 'NOT_FOUND', 404)
  // Without any, Zapier shows the sample of the trigger.
  if (eventType.samplePayload === null) return []
  const { id, createdAt, samplePayload } = eventType
  return [flatEvent({ ...common, id: `sample_${id}`, createdAt, data: samplePayload })]
}
