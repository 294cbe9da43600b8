import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { ApiContext } from './context.ts'
import { findNode } from './find-node.ts'
import { NodeInterface, nodeKindOf } from './node.ts'

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
