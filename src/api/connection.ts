import type { EntityName, FilterQuery } from '@mikro-orm/core'
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql'
import { type IdPrefix, parseId } from '../domain/id.ts'
import { countUpTo, findPage, type Page, type PageQuery } from '../store/page.ts'
import type { Store } from '../store/store.ts'
import type { Loaders, Parent } from './loaders.ts'
import { apiError } from './mask-error.ts'

export const MAX_FIRST = 100

@ObjectType({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field(() => Boolean, {
    description:
      'A page of a filter that matches rarely may hold fewer nodes than asked for, also none, while this is true: go on from endCursor.',
  })
  hasNextPage!: boolean

  @Field(() => Boolean, { description: 'True when the page was asked for with `after`.' })
  hasPreviousPage!: boolean

  @Field(() => String, { nullable: true, description: 'null for an empty page.' })
  startCursor!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Give it as `after` for the next page; of an empty page it is `after` again.',
  })
  endCursor!: string | null
}

@ObjectType({ description: 'A count that is not taken further than asked.' })
export class BoundedCount {
  @Field(() => Int, { description: 'At most the limit that was asked for.' })
  value!: number

  @Field(() => Boolean, { description: 'False when counting stopped before the end.' })
  exact!: boolean
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 25,
    description: `How many, 1 to ${MAX_FIRST}; null means the default.`,
  })
  first?: number | null

  @Field(() => String, { nullable: true, description: 'The endCursor of the page before.' })
  after?: string | null
}

@ArgsType()
export class CountArgs {
  @Field(() => Int, { defaultValue: 1_000, nullable: true, description: 'Where counting stops, 1 to 10,000.' })
  max?: number | null
}

export interface Edge<T> {
  readonly cursor: string
  readonly node: T
}

export interface Connection<T> {
  readonly edges: readonly Edge<T>[]
  readonly nodes: readonly T[]
  readonly pageInfo: PageInfo
}

/** A connection that can count what it is a page of. */
export interface CountedConnection<T> extends Connection<T> {
  readonly count: (max: number) => Promise<BoundedCount>
}

/** The GraphQL types `<Name>Edge` and `<Name>Connection` of a node type. */
export function connectionOf<T extends object>(name: string, node: () => ClassType<T>) {
  @ObjectType(`${name}Edge`, { description: 'A node and where it stands in its list.' })
  class EdgeType {
    @Field(() => String, { description: 'Opaque: give it as `after`.' })
    cursor!: string

    @Field(node, { description: 'What stands there.' })
    node!: T
  }

  @ObjectType(`${name}Connection`, { description: 'A page of a list.' })
  class ConnectionType {
    @Field(() => [EdgeType], { description: 'The page, with a cursor each.' })
    edges!: readonly Edge<T>[]

    @Field(() => [node() as ClassType<T>], { description: 'The nodes of the edges, for when cursors are not needed.' })
    nodes!: readonly T[]

    @Field(() => PageInfo, { description: 'Where the page stands, and whether there is more.' })
    pageInfo!: PageInfo
  }
  return ConnectionType
}

export interface ListQuery<T extends { id: string }> {
  readonly entity: EntityName<T>
  readonly prefix: IdPrefix
  readonly where: FilterQuery<T>
  /** See PageFilter of store/page.ts. */
  readonly within?: FilterQuery<T> | undefined
  readonly args: PageArgs
  readonly defaultFirst?: number
}

/** A page of rows, newest first, with cursors. */
export async function listConnection<T extends { id: string }>(
  store: Store,
  query: ListQuery<T>,
): Promise<CountedConnection<T>> {
  const paged = pageOf(query)
  const page = await findPage(store.em(), paged)
  return toConnection(page, paged, (max) => countUpTo(store.em(), { ...query, max }))
}

/**
 * The same under a row that may come many times in one answer: all of them by one statement, and so their counts.
 * `filter` is what the caller asked for besides `args`.
 */
export async function nestedConnection<T extends { id: string }>(
  loaders: Loaders,
  parent: Parent,
  { filter, ...query }: ListQuery<T> & { filter?: object | null | undefined },
): Promise<CountedConnection<T>> {
  const paged = pageOf(query)
  const key = JSON.stringify([query.prefix, parent.property, filter])
  const page = await loaders.page(parent, `${key} ${paged.first} ${paged.after}`, paged as never)
  return toConnection(page as Page<T>, paged, (max) =>
    loaders.count(parent, `${key} ${max}`, { ...query, max } as never),
  )
}

function pageOf<T extends { id: string }>({ args, defaultFirst = 25, ...query }: ListQuery<T>): PageQuery<T> {
  const after = args.after == null ? undefined : decodeCursor(query.prefix, args.after)
  return { ...query, after, first: checkFirst(args.first, defaultFirst) }
}

function toConnection<T extends { id: string }>(
  page: Page<T>,
  { after }: PageQuery<T>,
  count: CountedConnection<T>['count'],
): CountedConnection<T> {
  const edges = page.nodes.map((node) => ({ node, cursor: encodeCursor(node.id) }))
  const end = page.lookedUpTo ?? edges.at(-1)?.node.id ?? after
  return {
    edges,
    nodes: page.nodes,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: end === undefined ? null : encodeCursor(end),
    },
    count,
  }
}

export function checkFirst(first: number | null | undefined, defaultFirst: number): number {
  if (first == null) return defaultFirst
  if (first >= 1 && first <= MAX_FIRST) return first
  throw apiError('BAD_USER_INPUT', `first: is 1 to ${MAX_FIRST}, not ${first}`)
}

export function checkMax({ max }: CountArgs): number {
  const value = max ?? 1_000
  if (value >= 1 && value <= 10_000) return value
  throw apiError('BAD_USER_INPUT', `max: is 1 to 10000, not ${value}`)
}

function encodeCursor(id: string): string {
  return Buffer.from(`c1.${id}`).toString('base64url')
}

function decodeCursor(prefix: IdPrefix, cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  const id = text.startsWith('c1.') ? parseId(prefix, text.slice(3)) : undefined
  if (!id) throw apiError('BAD_USER_INPUT', 'after: is no cursor of this list')
  return id
}
