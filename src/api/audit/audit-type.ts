import { Field, ID, InputType, ObjectType } from 'type-graphql'
import { auditActions } from '../../store/audit-entry.ts'
import { connectionOf } from '../connection.ts'
import { enumOf } from '../enum.ts'
import { DateTimeRange } from '../id-filter.ts'
import { NodeInterface } from '../node.ts'
import { PrincipalKindEnum } from '../viewer/viewer-type.ts'

export const AuditActionEnum = enumOf(
  'AuditAction',
  auditActions,
  'What was done. SECRET_REVEALED: a signing secret was read in the clear. CREDENTIALS_USED: connectorCheck or connectorFieldOptions asked a service with stored credentials. DESTINATION_ENABLED: switched on again, and forgiven.',
)

@ObjectType('AuditEntry', {
  implements: NodeInterface,
  description: 'Who did what to which object. Kept for a year, whatever the retention of events.',
})
export class AuditEntryType extends NodeInterface {
  @Field(() => AuditActionEnum, { description: 'What was done.' })
  action!: keyof typeof AuditActionEnum

  @Field(() => PrincipalKindEnum, { nullable: true, description: 'Whose key it was; null: Postrider itself.' })
  actorKind?: keyof typeof PrincipalKindEnum | null

  @Field(() => ID, { nullable: true, description: 'The API key that was used.' })
  actorKeyId?: string | null

  @Field(() => ID, { description: 'What it was done to; the object may be gone since.' })
  objectId!: string

  @Field(() => [String], { description: 'Names of the fields that an update changed, never their values.' })
  changes!: string[]
}

export const AuditEntryConnection = connectionOf('AuditEntry', () => AuditEntryType)

@InputType({ description: 'Each condition that is given must hold.' })
export class AuditLogFilter {
  @Field(() => [AuditActionEnum], { nullable: true, description: 'Any of these. Default: all.' })
  actions?: (keyof typeof AuditActionEnum)[] | null

  @Field(() => ID, { nullable: true, description: 'Only what was done to this object.' })
  objectId?: string | null

  @Field(() => ID, {
    nullable: true,
    description: 'Only what was done with this API key, or by portal sessions that it made.',
  })
  actorKeyId?: string | null

  @Field(() => DateTimeRange, {
    nullable: true,
    description: 'Only what was done in this time. Default: all that is kept.',
  })
  createdAt?: DateTimeRange | null
}
