import { parseId } from '../domain/id.ts'
import { type ApiContext, scopeOf } from './context.ts'
import type { Loaders } from './loaders.ts'

type Nodes = Loaders['nodes']
type NodeOf<K extends keyof Nodes> = Awaited<ReturnType<Nodes[K]['load']>>

/** What has this id, when it is of this kind and within what the caller may see. */
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
