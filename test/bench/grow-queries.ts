import * as documents from '../../src/client/generated/documents.ts'
import { encodeFeedCursor, feedPositionBefore } from '../../src/domain/feed-cursor.ts'
import { idFromUuid, uuidFloor } from '../../src/domain/id.ts'
import { DAYS, type Grown, RARE_TYPE } from './grow-seed.ts'

/** One kind of call, with other arguments each time. */
export interface GrowQuery {
  readonly what: string
  /** Milliseconds that it took. */
  readonly send: () => Promise<number>
}

const DAY_MS = 86_400_000

/** The listings and charts of a product's pages. */
export function growQueries(grown: Grown, { epoch, firstXid, lastXid }: FeedSpan): GrowQuery[] {
  const { backend, organizationIds, destinationIds, eventTypes, startMs } = grown
  const random = seeded(1)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const organizationId = () => pick(organizationIds)
  const largest = organizationIds[0]!
  const day = () => new Date(startMs + Math.floor(random() * DAYS * 24) * 3_600_000)
  const between = (lengthMs: number) => {
    const from = day()
    return { from: from.toISOString(), to: new Date(from.getTime() + lengthMs).toISOString() }
  }
  /** Minutes are kept for a week. */
  const lateHours = (count: number) => {
    const toMs = startMs + DAYS * DAY_MS - Math.floor(random() * 5 * 24) * 3_600_000
    return { from: new Date(toMs - count * 3_600_000).toISOString(), to: new Date(toMs).toISOString() }
  }
  // Cursors of any moment: as of a page very deep in the list.
  const deep = (prefix: 'dlv' | 'evt') =>
    Buffer.from(`c1.${idFromUuid(prefix, uuidFloor(day().getTime()))}`).toString('base64url')
  const feedCursor = () =>
    encodeFeedCursor(feedPositionBefore(epoch, firstXid + BigInt(Math.floor(random() * Number(lastXid - firstXid)))))
  const deliveries = (variables: () => documents.DeliveriesQueryVariables) => () =>
    backend.send(documents.DeliveriesDocument, variables())
  const events = (variables: () => documents.EventsQueryVariables) => () =>
    backend.send(documents.EventsDocument, variables())
  const attempts = (variables: () => documents.DeliveryAttemptsQueryVariables) => () =>
    backend.send(documents.DeliveryAttemptsDocument, variables())
  const stats = (variables: () => documents.StatsQueryVariables) => () =>
    backend.send(documents.StatsDocument, variables())
  const destinationStats = (bucket: documents.StatsBucket, from: string) => () =>
    backend.send(documents.DestinationStatsDocument, { id: pick(destinationIds), bucket, range: { from } })
  const someDelivery = async () => {
    const page = await backend.send(documents.DeliveriesDocument, { first: 100, after: deep('dlv') })
    return page.deliveries.nodes.map((node) => node.id)
  }
  let known: string[] = []
  const all: Record<string, () => Promise<unknown>> = {
    'deliveries, all': deliveries(() => ({})),
    'deliveries by organization': deliveries(() => ({ filter: { organizationId: organizationId() } })),
    'deliveries by organization, deep page': deliveries(() => ({
      after: deep('dlv'),
      filter: { organizationId: organizationId() },
    })),
    'deliveries by destination': deliveries(() => ({ filter: { destinationIds: [pick(destinationIds)] } })),
    'deliveries by destination, deep page': deliveries(() => ({
      after: deep('dlv'),
      filter: { destinationIds: [pick(destinationIds)] },
    })),
    'deliveries FAILED': deliveries(() => ({ filter: { statuses: ['FAILED'] } })),
    'deliveries FAILED by organization': deliveries(() => ({
      filter: { organizationId: organizationId(), statuses: ['FAILED'] },
    })),
    'deliveries FAILED by destination': deliveries(() => ({
      filter: { destinationIds: [pick(destinationIds)], statuses: ['FAILED'] },
    })),
    'deliveries PENDING (none) by organization': deliveries(() => ({
      filter: { organizationId: organizationId(), statuses: ['PENDING'] },
    })),
    'deliveries PENDING (none) of the largest': deliveries(() => ({
      filter: { organizationId: largest, statuses: ['PENDING'] },
    })),
    'deliveries by type': deliveries(() => ({ filter: { eventTypes: [pick(eventTypes)] } })),
    'deliveries of a rare type by organization': deliveries(() => ({
      filter: { organizationId: organizationId(), eventTypes: [RARE_TYPE] },
    })),
    'deliveries of an hour': deliveries(() => ({ filter: { createdAt: between(3_600_000) } })),
    'deliveries of a week by organization': deliveries(() => ({
      filter: { organizationId: organizationId(), createdAt: between(7 * DAY_MS) },
    })),
    'events by organization': events(() => ({ filter: { organizationId: organizationId() } })),
    'events by organization, deep page': events(() => ({
      after: deep('evt'),
      filter: { organizationId: organizationId() },
    })),
    'events by type': events(() => ({ filter: { types: [pick(eventTypes)] } })),
    'events of a rare type': events(() => ({ filter: { types: [RARE_TYPE] } })),
    'events of an hour': events(() => ({ filter: { createdAt: between(3_600_000) } })),
    'attempts from an old cursor': attempts(() => ({ after: feedCursor() })),
    'attempts by organization from an old cursor': attempts(() => ({
      after: feedCursor(),
      filter: { organizationId: organizationId() },
    })),
    'attempts PERMANENT_FAILURE from an old cursor': attempts(() => ({
      after: feedCursor(),
      filter: { outcomes: ['PERMANENT_FAILURE'] },
    })),
    'attempts by destination and rare type': attempts(() => ({
      after: feedCursor(),
      filter: { destinationIds: [pick(destinationIds)], eventTypes: [RARE_TYPE] },
    })),
    'one delivery with its attempts': async () => {
      return backend.send(documents.DeliveryDocument, { id: known.pop()! })
    },
    'destinations of an organization': () =>
      backend.send(documents.DestinationsDocument, { organizationId: organizationId() }),
    'stats by minute, 3 hours, application': stats(() => ({ bucket: 'MINUTE', range: { from: '-PT3H' } })),
    'stats by hour, 7 days, application': stats(() => ({ bucket: 'HOUR', range: { from: '-P7D' } })),
    'stats by day, 30 days, application': stats(() => ({ bucket: 'DAY', range: { from: '-P30D' } })),
    'stats by hour, 60 days, application': stats(() => ({ bucket: 'HOUR', range: { from: '-P60D' } })),
    'stats by minute, 3 hours, organization': stats(() => ({
      organizationId: organizationId(),
      bucket: 'MINUTE',
      range: lateHours(3),
    })),
    'stats by hour, 7 days, organization': stats(() => ({
      organizationId: organizationId(),
      bucket: 'HOUR',
      range: between(7 * DAY_MS),
    })),
    'stats by day, 30 days, organization': stats(() => ({
      organizationId: organizationId(),
      bucket: 'DAY',
      range: { from: '-P30D' },
    })),
    'stats by minute, 3 hours, destination': destinationStats('MINUTE', '-PT3H'),
    'stats by hour, 7 days, destination': destinationStats('HOUR', '-P7D'),
    'stats by day, 30 days, destination': destinationStats('DAY', '-P30D'),
  }
  return Object.entries(all).map(([what, call]) => ({
    what,
    async send() {
      if (what === 'one delivery with its attempts' && known.length === 0) known = await someDelivery()
      const startedAt = performance.now()
      await call()
      return performance.now() - startedAt
    },
  }))
}

export interface FeedSpan {
  readonly epoch: number
  readonly firstXid: bigint
  readonly lastXid: bigint
}

/** Numbers from 0 to 1, the same in each run: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
