import type { FilterQuery } from '@mikro-orm/core'
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql'
import { idTime } from '../../domain/id.ts'
import { AuditEntry } from '../../store/audit-entry.ts'
import { type Connection, listConnection, PageArgs } from '../connection.ts'
import { type ApiContext, applicationOf } from '../context.ts'
import { idsBetween, knownIds } from '../id-filter.ts'
import { DateTimeScalar } from '../scalars.ts'
import { checkTexts } from '../text-filter.ts'
import { AuditEntryConnection, AuditEntryType, AuditLogFilter } from './audit-type.ts'

@Resolver(() => AuditEntryType)
export class AuditResolver {
  @Query(() => AuditEntryConnection, {
    description: 'Newest first. What the application’s keys, and the operator in it, did.',
  })
  auditLog(
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: ApiContext,
    @Arg('filter', () => AuditLogFilter, { nullable: true, description: 'Default: all.' })
    filter?: AuditLogFilter | null,
  ): Promise<Connection<AuditEntry>> {
    const where: FilterQuery<AuditEntry>[] = [{ applicationId: applicationOf(context) }]
    if (filter?.actions) where.push({ action: { $in: filter.actions } })
    if (filter?.objectId != null) where.push({ objectId: checkTexts('filter.objectId', filter.objectId) })
    if (filter?.actorKeyId != null) where.push({ actorKeyId: { $in: knownIds('key', [filter.actorKeyId]) } })
    if (filter?.createdAt) where.push({ id: idsBetween('aud', filter.createdAt) })
    const { store } = context.parts
    const all = { $and: where } as FilterQuery<AuditEntry>
    return listConnection(store, { entity: AuditEntry, prefix: 'aud', where: all, args })
  }

  @FieldResolver(() => DateTimeScalar, { description: 'When it was done.' })
  createdAt(@Root() { id }: AuditEntry): Date {
    return idTime(id)
  }
}
