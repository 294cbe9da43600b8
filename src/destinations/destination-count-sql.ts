import type { SqlEntityManager } from '@mikro-orm/postgresql'
import { type Id, idToUuid } from '../domain/id.ts'

/**
 * How many destinations an organization has, counted up to `max`. Until the transaction of the unit ends no other counts: of
 * two that make the last one, one waits. Events are published meanwhile.
 */
export async function countDestinations(em: SqlEntityManager, organizationId: Id<'org'>, max: number): Promise<number> {
  const uuid = idToUuid(organizationId)
  await em.execute('select from organization where id = ? for no key update', [uuid])
  const [found] = await em.execute<{ count: number }[]>(
    'select count(*)::int as count from (select from destination where organization_id = ? limit ?) d',
    [uuid, max],
  )
  return found!.count
}
