import 'reflect-metadata'
import { type GraphQLSchema, lexicographicSortSchema } from 'graphql'
import { buildSchemaSync, getMetadataStorage, type PubSub } from 'type-graphql'
import { ApplicationMutations } from './application/application-mutations.ts'
import { ApiKeyResolver, ApplicationResolver } from './application/application-resolver.ts'
import { AttemptResolver, HttpRequestRecordResolver } from './attempt/attempt-resolver.ts'
import { DeliveryAttemptRecorded, FeedCheckpoint, FeedReset } from './attempt/attempt-type.ts'
import { FeedItemResolver, FeedResolver } from './attempt/feed-resolver.ts'
import { HeaderResolver } from './attempt/header-resolver.ts'
import { AuditResolver } from './audit/audit-resolver.ts'
import { describeRoots } from './callers.ts'
import { ConnectorMutations } from './connector/connector-mutations.ts'
import { ConnectorResolver } from './connector/connector-resolver.ts'
import { DeliveryMutations } from './delivery/delivery-mutations.ts'
import { DeliveryConnectionResolver, DeliveryResolver } from './delivery/delivery-resolver.ts'
import { DestinationMutations } from './destination/destination-mutations.ts'
import { DestinationConnectionResolver, DestinationResolver } from './destination/destination-resolver.ts'
import { DestinationPreviewResolver } from './destination/preview-resolver.ts'
import { DestinationTestResolver } from './destination/test-resolver.ts'
import { DestinationUpgradeResolver } from './destination/upgrade-resolver.ts'
import { EventConnectionResolver, EventResolver } from './event/event-resolver.ts'
import { ReplayResolver } from './event/replay-resolver.ts'
import { EventTypeMutations } from './event-type/event-type-mutations.ts'
import { EventTypeResolver } from './event-type/event-type-resolver.ts'
import { NodeResolver } from './node.ts'
import { OrganizationMutations } from './organization/organization-mutations.ts'
import { OrganizationResolver } from './organization/organization-resolver.ts'
import { PortalMutations } from './organization/portal-mutations.ts'
import { RecoveryMutations } from './recovery/recovery-mutations.ts'
import { RecoveryResolver } from './recovery/recovery-resolver.ts'
import { DestinationStatsResolver, StatsResolver } from './stats/stats-resolver.ts'
import { overSocket } from './until-returned.ts'
import { ConnectorConfigError, GenericUserError, PayloadError } from './user-error.ts'
import { ViewerResolver } from './viewer/viewer-resolver.ts'

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
  const schema = buildSchemaSync({
    resolvers: [
      ApiKeyResolver,
      ApplicationMutations,
      ApplicationResolver,
      AttemptResolver,
      AuditResolver,
      ConnectorMutations,
      ConnectorResolver,
      DeliveryConnectionResolver,
      DeliveryMutations,
      DeliveryResolver,
      DestinationConnectionResolver,
      DestinationMutations,
      DestinationPreviewResolver,
      DestinationResolver,
      DestinationStatsResolver,
      DestinationTestResolver,
      DestinationUpgradeResolver,
      EventConnectionResolver,
      EventResolver,
      EventTypeMutations,
      EventTypeResolver,
      FeedItemResolver,
      FeedResolver,
      HeaderResolver,
      HttpRequestRecordResolver,
      NodeResolver,
      OrganizationMutations,
      OrganizationResolver,
      PortalMutations,
      RecoveryMutations,
      RecoveryResolver,
      ReplayResolver,
      StatsResolver,
      ViewerResolver,
    ],
    orphanedTypes: [
      ConnectorConfigError,
      DeliveryAttemptRecorded,
      FeedCheckpoint,
      FeedReset,
      GenericUserError,
      PayloadError,
    ],
    validate: false,
    pubSub: unusedPubSub,
  })
  const sorted = describeRoots(lexicographicSortSchema(schema))
  // What an iterator yields is the answer: type-graphql would read the subscription's arguments again for each.
  for (const field of Object.values(sorted.getSubscriptionType()!.getFields())) field.resolve = overSocket
  return sorted
}
