import 'reflect-metadata'
import { type GraphQLSchema, lexicographicSortSchema } from 'graphql'
import { buildSchemaSync, getMetadataStorage, type NonEmptyArray, type PubSub } from 'type-graphql'
import { DeliveryAttemptRecorded, FeedCheckpoint, FeedReset } from './attempt/attempt-type.ts'
import { chargeAnswers } from './budgets/charge-answers.ts'
import { describeRoots } from './callers.ts'
import { overSocket } from './until-returned.ts'
import { ConnectorConfigError, GenericUserError, PayloadError } from './user-error.ts'

/** Every class with @Resolver in these files is part of the schema. */
const files = await Promise.all([
  import('./application/application-mutations.ts'),
  import('./application/application-resolver.ts'),
  import('./attempt/attempt-resolver.ts'),
  import('./attempt/feed-resolver.ts'),
  import('./attempt/header-resolver.ts'),
  import('./audit/audit-resolver.ts'),
  import('./connector/connector-mutations.ts'),
  import('./connector/connector-resolver.ts'),
  import('./delivery/delivery-mutations.ts'),
  import('./delivery/delivery-resolver.ts'),
  import('./destination/destination-mutations.ts'),
  import('./destination/destination-resolver.ts'),
  import('./destination/preview-resolver.ts'),
  import('./destination/secret-resolver.ts'),
  import('./destination/test-resolver.ts'),
  import('./destination/upgrade-resolver.ts'),
  import('./event-type/event-type-mutations.ts'),
  import('./event-type/event-type-resolver.ts'),
  import('./event/event-resolver.ts'),
  import('./event/replay-resolver.ts'),
  import('./node.ts'),
  import('./organization/organization-mutations.ts'),
  import('./organization/organization-resolver.ts'),
  import('./organization/portal-mutations.ts'),
  import('./recovery/recovery-mutations.ts'),
  import('./recovery/recovery-resolver.ts'),
  import('./stats/stats-resolver.ts'),
  import('./viewer/viewer-resolver.ts'),
])

/** type-graphql asks for one although every subscription here brings its own iterator. */
const unusedPubSub: PubSub = {
  publish() {},
  subscribe() {
    throw new Error('Subscriptions bring their own iterator')
  },
}

/** The executable schema of the whole API. */
export function buildApiSchema(): GraphQLSchema {
  // A field that is read off its object needs no resolver of its own around it.
  for (const type of getMetadataStorage().objectTypes) type.simpleResolvers ??= true
  const exported = new Set<unknown>(files.flatMap((file) => Object.values(file)))
  const resolvers = getMetadataStorage().resolverClasses.flatMap(({ target }) => (exported.has(target) ? target : []))
  const schema = buildSchemaSync({
    resolvers: resolvers as NonEmptyArray<(typeof resolvers)[number]>,
    orphanedTypes: [
      ConnectorConfigError,
      DeliveryAttemptRecorded,
      FeedCheckpoint,
      FeedReset,
      GenericUserError,
      PayloadError,
    ],
    validate: false,
    // graphql does, at the first operation.
    skipCheck: true,
    pubSub: unusedPubSub,
  })
  const sorted = describeRoots(lexicographicSortSchema(schema))
  // What an iterator yields is the answer: type-graphql would read the subscription's arguments again for each.
  for (const field of Object.values(sorted.getSubscriptionType()!.getFields())) field.resolve = overSocket
  chargeAnswers(sorted)
  return sorted
}
