import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Id } from '../domain/id.ts'
import { TypeIdType } from './type-id-type.ts'

/** A customer of the application: the tenant that owns destinations. */
export const Organization = defineEntity({
  name: 'Organization',
  tableName: 'organization',
  properties: {
    id: p.type(new TypeIdType('org')).$type<Id<'org'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    externalId: p.text().nullable(),
    name: p.text(),
    createdAt: p.datetime(3),
  },
})
export type Organization = InferEntity<typeof Organization>
