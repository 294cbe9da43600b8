import type { EntityManager, EntityName, FilterQuery } from '@mikro-orm/core'

export interface Page<T> {
  readonly nodes: readonly T[]
  readonly hasNextPage: boolean
}

/** One page, newest first: ids carry the time, so the primary key is the order. */
export async function findPage<T extends { id: string }>(
  em: EntityManager,
  entity: EntityName<T>,
  { where, after, first }: { where: FilterQuery<T>; after?: string | undefined; first: number },
): Promise<Page<T>> {
  const bounded = (after === undefined ? where : { $and: [where, { id: { $lt: after } }] }) as FilterQuery<T>
  const found = await em.find(entity, bounded, { orderBy: { id: 'desc' } as never, limit: first + 1 })
  return { nodes: found.slice(0, first) as T[], hasNextPage: found.length > first }
}

/** The count when it is at most `max`; counting stops there. */
export async function countUpTo<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  { where, max }: { where: FilterQuery<T>; max: number },
): Promise<{ value: number; exact: boolean }> {
  const found = await em.find(entity, where as never, { fields: ['id'] as never, limit: max + 1 })
  return { value: Math.min(found.length, max), exact: found.length <= max }
}
