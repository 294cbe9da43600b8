import 'reflect-metadata'
import { type GraphQLSchema, lexicographicSortSchema } from 'graphql'
import { buildSchemaSync, getMetadataStorage, type PubSub } from 'type-graphql'
import { ApiKeyResolver, ApplicationResolver } from './application/application-resolver.ts'
import { AttemptResolver, HttpRequestRecordResolver } from './attempt/attempt-resolver.ts'
import { DeliveryAttemptRecorded, FeedCheckpoint, FeedReset } from './attempt/attempt-type.ts'
import { FeedItemResolver, FeedResolver } from './attempt/feed-resolver.ts'
import { HeaderResolver } from './attempt/header-resolver.ts'
import { AuditResolver } from './audit/audit-resolver.ts'
import { describeRoots } from './callers.ts'
import { ConnectorCheckResolver } from './connector/check-resolver.ts'
import { ConnectorResolver } from './connector/connector-resolver.ts'
import { FieldOptionsResolver } from './connector/field-options-resolver.ts'
import { DeliveryConnectionResolver, DeliveryResolver } from './delivery/delivery-resolver.ts'
import { DestinationMutations } from './destination/destination-mutations.ts'
import { DestinationConnectionResolver, DestinationResolver } from './destination/destination-resolver.ts'
import { DestinationPreviewResolver } from './destination/preview-resolver.ts'
import { DestinationTestResolver } from './destination/test-resolver.ts'
import { DestinationUpgradeResolver } from './destination/upgrade-resolver.ts'
import { EventConnectionResolver, EventResolver } from './event/event-resolver.ts'
import { ReplayResolver } from './event/replay-resolver.ts'
import { EventTypeResolver } from './event-type/event-type-resolver.ts'
import { NodeResolver } from './node.ts'
import { OrganizationResolver } from './organization/organization-resolver.ts'
import { PortalResolver } from './organization/portal-resolver.ts'
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
      ApplicationResolver,
      AttemptResolver,
      AuditResolver,
      ConnectorCheckResolver,
      ConnectorResolver,
      DeliveryConnectionResolver,
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
      EventTypeResolver,
      FeedItemResolver,
      FeedResolver,
      FieldOptionsResolver,
      HeaderResolver,
      HttpRequestRecordResolver,
      NodeResolver,
      OrganizationResolver,
      PortalResolver,
      StatsResolver,
      RecoveryResolver,
      ReplayResolver,
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
