import { Field, ID, InterfaceType } from 'type-graphql'
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
export function nodeKindOf(id: string): keyof Loaders['nodes'] | undefined {
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
