import { type EntityName, type FilterQuery, raw } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type Id, type IdPrefix, idFromUuid, idToUuid, type Uuid } from '../domain/id.ts'
import { NIL_UUID } from '../domain/nil-uuid.ts'
import { bounded, type CountQuery, MAX_LOOKED_AT, type Page, type PageQuery, toPage } from './page.ts'

/** What lists hang under: the list of each of these rows, by its column `property`. */
export interface Parents {
  readonly property: string
  readonly ids: readonly Id<IdPrefix>[]
}

/** The same page under each of the parents, in their order, by one statement; two where only a part is indexed. */
export async function findPages<T extends { id: string }>(
  em: EntityManager,
  { entity, where, within, parents, prefix, after, first }: PageQuery<T> & { parents: Parents },
): Promise<Page<T>[]> {
  const floors = await findFloors(em, entity, { within, parents, after })
  const list = em
    .createQueryBuilder(entity)
    .select(listedColumns(em, entity))
    .where(underParent(parents, where, { after, hasFloor: floors !== undefined }))
    .orderBy({ id: 'desc' } as never)
    .limit(first + 1)
  const rows = await lateral<object>(em, compile(list), { parents, floors })
  const byParent = Map.groupBy(rows, (row) => row.n)
  return parents.ids.map((_, index) => {
    const found = (byParent.get(index + 1) ?? []).map(({ n: _n, ...row }) => em.map(entity, row as never) as T)
    found.sort((a, b) => (a.id < b.id ? 1 : -1))
    const floor = floors?.[index]
    return toPage(found, first, floor === undefined ? undefined : idFromUuid(prefix, floor))
  })
}

/** The same count under each of the parents, in their order. */
export async function countEachUpTo<T extends { id: string }>(
  em: EntityManager,
  { entity, where, within, parents, max }: CountQuery<T> & { parents: Parents },
): Promise<{ value: number; exact: boolean }[]> {
  const floors = await findFloors(em, entity, { within, parents })
  const found = em
    .createQueryBuilder(entity)
    .select(raw('1 as one'))
    .where(underParent(parents, where, { hasFloor: floors !== undefined }))
    .limit(max + 1)
  const { sql, params } = compile(found)
  const count = { sql: `select count(*)::int as count from (${sql}) found`, params }
  const rows = await lateral<{ count: number }>(em, count, { parents, floors })
  const counts = new Map(rows.map((row) => [row.n, row.count]))
  return parents.ids.map((_, index) => {
    const count = counts.get(index + 1) ?? 0
    return { value: Math.min(count, max), exact: count <= max && floors?.[index] === undefined }
  })
}

/** All but what is large, as `find` does. */
function listedColumns<T extends object>(em: EntityManager, entity: EntityName<T>): never {
  const { props } = em.getMetadata(entity)
  return props.filter((one) => !one.lazy && one.persist !== false).map((one) => one.name) as never
}

interface Compiled {
  readonly sql: string
  readonly params: readonly unknown[]
}

function compile(query: { getNativeQuery(): { compile(): Compiled } }): Compiled {
  return query.getNativeQuery().compile()
}

/**
 * Runs `list`, which speaks of `parent`, for each of the parents: `n` says which one a row belongs to, from 1. `floors`
 * are bare UUIDs, a parent each.
 */
function lateral<Row>(
  em: EntityManager,
  list: Compiled,
  { parents, floors }: { parents: Parents; floors?: readonly (Uuid | undefined)[] | undefined },
): Promise<(Row & { n: number })[]> {
  const uuids = parents.ids.map(idToUuid)
  return em.getConnection('read').execute(
    `select parent.n::int as n, list.*
     from unnest(?::uuid[], ?::uuid[]) with ordinality parent (id, floor, n) cross join lateral (${list.sql}) list`,
    [toArray(uuids), toArray(uuids.map((_, index) => floors?.[index] ?? NIL_UUID)), ...list.params],
  )
}

/** MikroORM's connection writes arrays in a way that Postgres does not read. */
function toArray(uuids: readonly string[]): string {
  return `{${uuids.join()}}`
}

/** Under each parent, the last row to look at; undefined when there are fewer. */
async function findFloors<T extends { id: string }>(
  em: EntityManager,
  entity: EntityName<T>,
  { within, parents, after }: { within?: FilterQuery<T> | undefined; parents: Parents; after?: string | undefined },
): Promise<(Uuid | undefined)[] | undefined> {
  if (!within) return undefined
  const list = em
    .createQueryBuilder(entity)
    .select('id' as never)
    .where(underParent(parents, within, { after }))
    .orderBy({ id: 'desc' } as never)
    .limit(1, MAX_LOOKED_AT - 1)
  const rows = await lateral<{ id: Uuid }>(em, compile(list), { parents })
  const found = new Map(rows.map((row) => [row.n, row.id]))
  return parents.ids.map((_, index) => found.get(index + 1))
}

function underParent<T>(
  { property }: Parents,
  where: FilterQuery<T>,
  { after, hasFloor = false }: { after?: string | undefined; hasFloor?: boolean },
): never {
  const floor = hasFloor ? { id: { $gte: raw('parent.floor') } } : {}
  return { $and: [{ [property]: raw('parent.id') }, floor, bounded(where, { after })] } as never
}
