import { Field, ID, InterfaceType } from 'type-graphql'

@InterfaceType('Node', { description: 'Anything with an id.', autoRegisterImplementations: false })
export abstract class NodeInterface {
  @Field(() => ID, { description: 'A TypeID: a prefix that tells the kind, and a UUIDv7, e.g. evt_01k….' })
  id!: string
}
