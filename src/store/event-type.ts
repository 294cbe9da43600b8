import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Id } from '../domain/id.ts'
import { TypeIdType } from './type-id-type.ts'

export const eventTypeStatuses = ['AVAILABLE', 'COMING_SOON', 'DEPRECATED', 'ARCHIVED'] as const
export type EventTypeStatus = (typeof eventTypeStatuses)[number]

/** A kind of event in an application's catalogue. */
export const EventType = defineEntity({
  name: 'EventType',
  tableName: 'event_type',
  properties: {
    id: p.type(new TypeIdType('ety')).$type<Id<'ety'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    name: p.text(),
    description: p.text().nullable(),
    group: p.text().nullable(),
    status: p.text().$type<EventTypeStatus>(),
    payloadSchema: p.json().$type<Record<string, unknown>>().nullable(),
    samplePayload: p.json().$type<unknown>().nullable(),
    /** Published by Postrider itself; see domain/notice.ts. */
    isNotice: p.boolean().default(false),
    version: p.integer().version(),
    createdAt: p.datetime(3),
  },
})
export type EventType = InferEntity<typeof EventType>
