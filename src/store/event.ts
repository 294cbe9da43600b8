import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Id } from '../domain/id.ts'
import type { Problem } from '../domain/refused.ts'
import { TypeIdType } from './type-id-type.ts'

export const eventStatuses = ['ACCEPTED', 'REJECTED'] as const
export type EventStatus = (typeof eventStatuses)[number]

/** Something that happened, published once. Its time of creation is in its id. */
export const Event = defineEntity({
  name: 'Event',
  tableName: 'event',
  properties: {
    id: p.type(new TypeIdType('evt')).$type<Id<'evt'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    organizationId: p.type(new TypeIdType('org')).$type<Id<'org'>>(),
    type: p.text(),
    /**
     * Compact JSON, byte for byte as it is sent: jsonb would reorder its keys. Lists leave it out: who asks for it loads it by
     * store/large-text.ts, after a look at its size.
     */
    data: p.text().lazy().nullable(),
    dataBytes: p.integer(),
    idempotencyKey: p.text().nullable(),
    isTest: p.boolean(),
    /** Delivered not before; null means at once. */
    deliverAt: p.datetime(3).nullable(),
    status: p.text().$type<EventStatus>(),
    /** Why it was rejected; null when it was not. Paths start at the event. */
    problems: p.json().$type<readonly Problem[]>().nullable(),
  },
})
export type Event = InferEntity<typeof Event>
