import { type EntityName, type FilterQuery, raw } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { IdPrefix } from '../domain/id.ts'

export interface Page<T> {
  readonly nodes: readonly T[]
  readonly hasNextPage: boolean
  /** Where the next page begins when this one ended before it was full: nodes up to here were looked at. */
  readonly lookedUpTo?: string | undefined
}

/** Which rows. */
interface PageFilter<T> {
  readonly entity: EntityName<T>
  readonly where: FilterQuery<T>
  /**
   * The part of `where` that an index answers, when that is not all of it. The rest may match next to nothing, so only so
   * many rows are looked at.
   */
  readonly within?: FilterQuery<T> | undefined
}

export interface PageQuery<T> extends PageFilter<T> {
  readonly prefix: IdPrefix
  readonly after?: string | undefined
  readonly first: number
}

export interface CountQuery<T> extends PageFilter<T> {
  readonly max: number
}

/** How many rows a page looks at for those that match. Those of a small organization lie on a disk page each. */
export const MAX_LOOKED_AT = 2_000

/** One page, newest first: ids carry the time, so the primary key is the order. */
export async function findPage<T extends { id: string }>(
  em: EntityManager,
  { entity, where, within, after, first }: PageQuery<T>,
): Promise<Page<T>> {
  const floor = within && (await findFloor(em, entity, within, after))
  const found = await em.find(entity, bounded(where, { after, floor }), {
    orderBy: { id: 'desc' } as never,
    limit: first + 1,
  })
  return toPage(found as T[], first, floor)
}

/** The count when it is at most `max`; counting stops there, and where a page would stop looking. */
export async function countUpTo<T extends { id: string }>(
  em: EntityManager,
  { entity, where, within, max }: CountQuery<T>,
): Promise<{ value: number; exact: boolean }> {
  const floor = within && (await findFloor(em, entity, within, undefined))
  // As bare rows: a thousand entities would take longer to make than to find.
  const found = await em
    .createQueryBuilder(entity)
    .select(raw('1 as one'))
    .where(bounded(where, { floor }) as never)
    .limit(max + 1)
    .execute('all', false)
  return { value: Math.min(found.length, max), exact: found.length <= max && floor === undefined }
}

/** Of one row more than the page holds, when there are as many. */
export function toPage<T>(found: T[], first: number, floor: string | undefined): Page<T> {
  if (floor !== undefined && found.length <= first) return { nodes: found, hasNextPage: true, lookedUpTo: floor }
  return { nodes: found.slice(0, first), hasNextPage: found.length > first }
}

/** The last row to look at; undefined when there are fewer. */
async function findFloor<T extends { id: string }>(
  em: EntityManager,
  entity: EntityName<T>,
  within: FilterQuery<T>,
  after: string | undefined,
): Promise<string | undefined> {
  const [last] = await em.find(entity, bounded(within, { after }), {
    fields: ['id'] as never,
    orderBy: { id: 'desc' } as never,
    offset: MAX_LOOKED_AT - 1,
    limit: 1,
  })
  return last?.id
}

export function bounded<T>(
  where: FilterQuery<T>,
  { after, floor }: { after?: string | undefined; floor?: string | undefined },
): FilterQuery<T> {
  const bounds = [after !== undefined && { id: { $lt: after } }, floor !== undefined && { id: { $gte: floor } }]
  return { $and: [where, ...bounds.filter(Boolean)] } as FilterQuery<T>
}
