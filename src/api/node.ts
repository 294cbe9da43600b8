import { Arg, Ctx, Field, ID, InterfaceType, Query, Resolver } from 'type-graphql'
import { parseId } from '../domain/id.ts'
import { type ApiContext, scopeOf } from './context.ts'
import type { Loaders } from './loaders.ts'

/** The kinds of ids that stand for a node, and the types of these. */
const typeNames: Readonly<Record<keyof Loaders['nodes'], string>> = {
  app: 'Application',
  key: 'ApiKey',
  org: 'Organization',
  ety: 'EventType',
  dst: 'Destination',
  evt: 'Event',
  dlv: 'Delivery',
  att: 'DeliveryAttempt',
  rec: 'RecoveryJob',
  aud: 'AuditEntry',
}

/** The kind of thing that has this id; undefined when none has. */
function nodeKindOf(id: string): keyof Loaders['nodes'] | undefined {
  const prefix = id.split('_', 1)[0]!
  return Object.hasOwn(typeNames, prefix) ? (prefix as keyof Loaders['nodes']) : undefined
}

@InterfaceType('Node', {
  description: 'Anything with an id.',
  autoRegisterImplementations: false,
  resolveType: ({ id }: { id: string }) => typeNames[nodeKindOf(id)!],
})
export abstract class NodeInterface {
  @Field(() => ID, { description: 'A TypeID: a prefix that tells the kind, and a UUIDv7, e.g. evt_01k….' })
  id!: string
}

@Resolver()
export class NodeResolver {
  @Query(() => NodeInterface, {
    nullable: true,
    description: 'Whatever has this id; null when nothing has that the caller may see.',
  })
  async node(
    @Arg('id', () => ID, { description: 'An id of any kind.' }) id: string,
    @Ctx() context: ApiContext,
  ): Promise<{ id: string } | null | undefined> {
    const kind = nodeKindOf(id)
    return kind ? findNode(context, kind, id) : null
  }
}

type Nodes = Loaders['nodes']
type NodeOf<K extends keyof Nodes> = Awaited<ReturnType<Nodes[K]['load']>>

/** Finds the object with this id. Undefined when it is of another kind, or the caller may not see it. */
export async function findNode<K extends keyof Nodes>(context: ApiContext, kind: K, id: string): Promise<NodeOf<K>> {
  // An operator sees applications from outside, too.
  if (kind !== 'app' || context.principal.kind !== 'OPERATOR') scopeOf(context)
  // Portal sessions must not learn that keys or audit entries exist.
  if ((kind === 'key' || kind === 'aud') && context.principal.kind === 'ORGANIZATION') return undefined as NodeOf<K>
  const parsed = parseId(kind, id)
  const found = parsed && ((await context.loaders.nodes[kind].load(parsed)) as NodeOf<K>)
  // A recovery is its destination's, and has no organization of its own.
  if (kind !== 'rec' || !found || context.principal.kind !== 'ORGANIZATION') return found as NodeOf<K>
  const { destinationId } = found as NonNullable<NodeOf<'rec'>>
  return ((await context.loaders.destination.load(destinationId)) && found) as NodeOf<K>
}
