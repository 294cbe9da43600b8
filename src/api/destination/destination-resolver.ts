import { Arg, Args, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql'
import { whyWaiting } from '../../connector/registry.ts'
import type { DisabledReason } from '../../domain/outcome.ts'
import { REDACTED, type RecordedHeader } from '../../domain/redact.ts'
import type { Delivery } from '../../store/delivery.ts'
import type { Destination, SigningSecret } from '../../store/destination.ts'
import type { Organization } from '../../store/organization.ts'
import { HttpHeader } from '../attempt/attempt-type.ts'
import { type CountedConnection, PageArgs } from '../connection.ts'
import { connectorOf } from '../connector/connector-resolver.ts'
import { ConnectorType } from '../connector/connector-type.ts'
import type { ApiContext } from '../context.ts'
import { DeliveryConnection, DeliveryFilter } from '../delivery/delivery-type.ts'
import { listDeliveries } from '../delivery/list-deliveries.ts'
import { findNode } from '../node.ts'
import { OrganizationType } from '../organization/organization-type.ts'
import { DateTimeScalar } from '../scalars.ts'
import { DestinationHealthEnum, DisabledReasonEnum } from './destination-health.ts'
import { DestinationType } from './destination-type.ts'
import { DestinationConnection, DestinationFilter, listDestinations } from './list-destinations.ts'
import { CredentialSummary, SigningSecretType } from './secret-resolver.ts'

@Resolver(() => DestinationType)
export class DestinationResolver {
  @Query(() => DestinationType, { nullable: true, description: 'null when there is none that the caller may see.' })
  destination(
    @Arg('id', () => ID, { description: 'A dst_ id.' }) id: string,
    @Ctx() context: ApiContext,
  ): Promise<Destination | undefined> {
    return findNode(context, 'dst', id)
  }

  @Query(() => DestinationConnection, { description: 'Newest first; of one organization, or of all.' })
  async destinations(
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: ApiContext,
    @Arg('organizationId', () => ID, {
      nullable: true,
      description: 'Only of this organization. Default: all that the caller may see.',
    })
    organizationId?: string | null,
    @Arg('filter', () => DestinationFilter, { nullable: true, description: 'Default: all.' })
    filter?: DestinationFilter | null,
  ): Promise<CountedConnection<Destination>> {
    return listDestinations(context, args, { organizationId, filter })
  }

  @FieldResolver(() => OrganizationType, { description: 'Whose it is.' })
  organization(
    @Root() { organizationId }: Destination,
    @Ctx() { loaders }: ApiContext,
  ): Promise<Organization | undefined> {
    return loaders.organization.load(organizationId)
  }

  @FieldResolver(() => ConnectorType, {
    description: 'What it is made of; one that is not installed any more has the status MISSING.',
  })
  connector(@Root() { connector }: Destination, @Ctx() { parts }: ApiContext): ConnectorType {
    return connectorOf(parts.connectors, connector)
  }

  @FieldResolver(() => [CredentialSummary], { description: "Each credential of the connector's schema." })
  credentials(@Root() { connector, credentialHints }: Destination, @Ctx() { parts }: ApiContext): CredentialSummary[] {
    const schema = connectorOf(parts.connectors, connector).credentialSchema
    const hints = new Map(credentialHints.map((one) => [one.name, one.hint]))
    const names = new Set([...Object.keys((schema?.properties ?? {}) as object), ...hints.keys()])
    return [...names].map((name) => ({ name, isSet: hints.has(name), hint: hints.get(name) ?? null }))
  }

  @FieldResolver(() => [HttpHeader], { description: 'Added to each request; secret values are blanked out.' })
  headers(@Root() { headers }: Destination): RecordedHeader[] {
    return headers.map(({ name, value }) => (value === null ? [name, REDACTED, true] : [name, value]))
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Why its deliveries wait although nobody switched it off: its connector did not load, config has to be upgraded (destinationUpgrade), or its filter and transform took more than 1 s of CPU time within a minute, and wait for the next. null: they do not.',
  })
  async waitingReason(
    @Root() { id, connector, connectorMajor }: Destination,
    @Ctx() { parts, loaders }: ApiContext,
  ): Promise<string | undefined> {
    const reason = whyWaiting(parts.connectors, connector, connectorMajor)
    if (reason) return reason
    const { expressionsWaitUntil: until } = await loaders.health.load(id)
    if (!until || until.getTime() <= Date.now()) return undefined
    return `Its filter and transform take too much CPU time; its deliveries go on at ${until.toISOString()}`
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'What the connector said last when it set something up at the service and failed; tried again for a day. null: nothing is left to do.',
  })
  setupError(@Root() { id }: Destination, @Ctx() { loaders }: ApiContext): Promise<string | undefined> {
    return loaders.setupError.load(id)
  }

  @FieldResolver(() => Boolean, {
    description:
      "A person's switch. Off: matching events get SKIPPED deliveries, pending ones are CANCELLED when their turn comes; both can be recovered.",
  })
  active(@Root() { inactiveSince }: Destination): boolean {
    return inactiveSince == null
  }

  @FieldResolver(() => DestinationHealthEnum, {
    description:
      'What the system found. DISABLED is set by it alone; destinationEnable clears it (and sets active), destinationUpdate does not.',
  })
  async health(@Root() { id }: Destination, @Ctx() { loaders }: ApiContext): Promise<string> {
    return (await loaders.health.load(id)).health
  }

  @FieldResolver(() => DisabledReasonEnum, {
    nullable: true,
    description: 'Why nothing is sent; null while something is.',
  })
  async disabledReason(
    @Root() destination: Destination,
    @Ctx() { loaders }: ApiContext,
  ): Promise<DisabledReason | null> {
    const { disabledReason } = await loaders.health.load(destination.id)
    return disabledReason ?? (destination.inactiveSince ? 'MANUAL' : null)
  }

  @FieldResolver(() => DateTimeScalar, { nullable: true, description: 'Since when nothing is sent.' })
  async disabledAt(@Root() destination: Destination, @Ctx() { loaders }: ApiContext): Promise<Date | null> {
    const { disabledAt } = await loaders.health.load(destination.id)
    return disabledAt ?? destination.inactiveSince ?? null
  }

  @FieldResolver(() => Int, { description: 'Failed attempts since the last success.' })
  async consecutiveFailures(@Root() { id }: Destination, @Ctx() { loaders }: ApiContext): Promise<number> {
    return (await loaders.health.load(id)).consecutiveFailures
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: 'To the second while the destination is healthy.',
  })
  async lastSuccessAt(@Root() { id }: Destination, @Ctx() { loaders }: ApiContext): Promise<Date | null> {
    return (await loaders.health.load(id)).lastSuccessAt ?? null
  }

  @FieldResolver(() => [SigningSecretType], {
    description: 'Newest first; two during the overlap of a rotation, none when unsigned.',
  })
  signingSecrets(@Root() { id }: Destination, @Ctx() { loaders }: ApiContext): Promise<SigningSecret[]> {
    return loaders.signingSecrets.load(id)
  }

  @FieldResolver(() => DeliveryConnection, { description: 'Newest first.' })
  deliveries(
    @Root() { id }: Destination,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: ApiContext,
    @Arg('filter', () => DeliveryFilter, { nullable: true, description: 'Default: all.' })
    filter?: DeliveryFilter | null,
  ): Promise<CountedConnection<Delivery>> {
    return listDeliveries(context, args, { filter, of: { property: 'destinationId', id } })
  }
}

@Resolver(() => DestinationConnection)
export class DestinationConnectionResolver {
  @FieldResolver(() => Int, { description: 'All that match, counted up to 10,000.' })
  async totalCount(@Root() connection: CountedConnection<Destination>): Promise<number> {
    return (await connection.count(10_000)).value
  }
}
