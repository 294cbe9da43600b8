import type { Bundle, Trigger, ZObject } from 'zapier-platform-core'
import { ask } from './postrider.ts'

const EVENT_TYPES = `
  query ZapierEventTypes($after: String) {
    eventTypes(first: 100, after: $after) {
      nodes { id name status }
      pageInfo { hasNextPage endCursor }
    }
  }
`

interface EventTypes {
  readonly eventTypes: {
    readonly nodes: readonly { readonly id: string; readonly name: string; readonly status: string }[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

/** More than a person looks through; one who wants another type enters its name. */
const MAX_PAGES = 10

/** Fills the drop-down lists of event types; no Zap starts with it. */
export const eventType = {
  key: 'event_type',
  noun: 'Event type',
  display: {
    label: 'List of Event Types',
    description: 'The catalogue of event types, for drop-down lists.',
    hidden: true,
  },
  operation: { type: 'polling', perform },
} satisfies Trigger

async function perform(z: ZObject, bundle: Bundle): Promise<{ id: string; name: string }[]> {
  const found: { id: string; name: string }[] = []
  let after: string | null = null
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { eventTypes }: EventTypes = await ask(z, bundle, { query: EVENT_TYPES, variables: { after } })
    for (const { id, name, status } of eventTypes.nodes) {
      // Of the others nothing is published, and so nothing comes.
      if (status === 'AVAILABLE' || status === 'DEPRECATED') found.push({ id, name })
    }
    after = eventTypes.pageInfo.endCursor
    if (!eventTypes.pageInfo.hasNextPage) break
  }
  return found
}
