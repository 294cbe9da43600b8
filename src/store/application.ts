import { defineEntity, type EntityManager, type InferEntity, p } from '@mikro-orm/core'
import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import { type Id, idToUuid } from '../domain/id.ts'
import { newId } from './new-id.ts'
import { addOperations } from './operations.ts'
import type { Sql } from './sql.ts'
import { TypeIdType } from './type-id-type.ts'

/** A product that publishes events. */
export const Application = defineEntity({
  name: 'Application',
  tableName: 'application',
  properties: {
    id: p.type(new TypeIdType('app')).$type<Id<'app'>>().primary(),
    name: p.text(),
    deliveryProfile: p.json().$type<DeliveryProfile>(),
    profileVersion: p.integer(),
    createdAt: p.datetime(3),
  },
})
export type Application = InferEntity<typeof Application>

/** Every profile an application has had: old attempts are read back with the one they were made with. */
export const DeliveryProfileVersion = defineEntity({
  name: 'DeliveryProfileVersion',
  tableName: 'delivery_profile_version',
  properties: {
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>().primary(),
    version: p.integer().primary(),
    settings: p.json().$type<DeliveryProfile>(),
  },
})
export type DeliveryProfileVersion = InferEntity<typeof DeliveryProfileVersion>

export async function isApplication(sql: Sql, id: Id<'app'>): Promise<boolean> {
  return (await sql('select from application where id = $1', [idToUuid(id)])).length > 0
}

/** A new application, with its operations organization. Flush afterwards. */
export function addApplication(em: EntityManager, fields: { name: string; deliveryProfile: DeliveryProfile }) {
  const application = em.create(Application, {
    id: newId('app'),
    ...fields,
    profileVersion: 1,
    createdAt: new Date(),
  })
  keepProfile(em, application)
  addOperations(em, application.id)
  return application
}

/** Changes what is given; a changed profile becomes a new version. Flush afterwards. */
export function changeApplication(
  em: EntityManager,
  application: Application,
  changes: { name?: string | undefined; deliveryProfile?: DeliveryProfile | undefined },
): void {
  if (changes.name !== undefined) application.name = changes.name
  if (changes.deliveryProfile === undefined) return
  application.deliveryProfile = changes.deliveryProfile
  application.profileVersion += 1
  keepProfile(em, application)
}

function keepProfile(em: EntityManager, application: Application): void {
  em.create(DeliveryProfileVersion, {
    applicationId: application.id,
    version: application.profileVersion,
    settings: application.deliveryProfile,
  })
}
