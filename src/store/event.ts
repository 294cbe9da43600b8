import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Id } from '../domain/id.ts'
import { TypeIdType } from './type-id-type.ts'

/** Something that happened, published once, immutable. Its time of creation is in its id. */
export const Event = defineEntity({
  name: 'Event',
  tableName: 'event',
  properties: {
    id: p.type(new TypeIdType('evt')).$type<Id<'evt'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    organizationId: p.type(new TypeIdType('org')).$type<Id<'org'>>(),
    type: p.text(),
    /** Compact JSON, byte for byte as it is sent: jsonb would reorder its keys. */
    data: p.text().nullable(),
    dataBytes: p.integer(),
    idempotencyKey: p.text().nullable(),
    isTest: p.boolean(),
    /** Delivered not before; null means at once. */
    deliverAt: p.datetime(3).nullable(),
  },
})
export type Event = InferEntity<typeof Event>
