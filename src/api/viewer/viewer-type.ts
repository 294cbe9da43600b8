import { Field, Int, ObjectType } from 'type-graphql'
import { shownLimits } from '../budgets/budget-limits.ts'
import { enumOf } from '../enum.ts'
import { DateTimeScalar } from '../scalars.ts'

export const PrincipalKindEnum = enumOf(
  'PrincipalKind',
  ['OPERATOR', 'APPLICATION', 'ORGANIZATION'],
  "OPERATOR: POSTRIDER_OPERATOR_KEY. APPLICATION: an application's API key. ORGANIZATION: a portal session of one organization.",
)

export const LimitNameEnum = enumOf(
  'LimitName',
  shownLimits,
  'What is counted. SESSION: for this portal session, or this key of one organization; ORGANIZATION: for all of these of the organization. POSTRIDER_LIMITS sets them by these names.',
  {
    SESSION_COST: 'Cost of the operations of ten seconds.',
    ORGANIZATION_COST: 'Cost of the operations of ten seconds.',
    APPLICATION_COST:
      "Cost of the operations of ten seconds, of the application's keys together. Publishing counts nothing.",
    SESSION_OPERATIONS: 'Operations under way at once. Four times as many wait; more are refused.',
    ORGANIZATION_OPERATIONS: 'Operations under way at once; others wait.',
    SESSION_SUBSCRIPTIONS: 'Subscriptions at once.',
    ORGANIZATION_SUBSCRIPTIONS: 'Subscriptions at once.',
    SESSION_CATCH_UPS: 'Followers of the feed at once that read what happened before they came; others wait.',
    ORGANIZATION_CATCH_UPS: 'Followers of the feed at once that read what happened before they came; others wait.',
    SESSION_SOCKETS: 'Sockets at once.',
    ORGANIZATION_SOCKETS: 'Sockets at once.',
    ANSWER_BYTES: 'Bytes of one answer, or of one item of a subscription.',
    ORGANIZATION_CPU_MS:
      'Milliseconds of CPU time a minute that filters and transforms take. Beyond it, deliveries wait.',
    DESTINATION_CPU_MS:
      'The same of one destination; what is used is that of the destination that uses most. Beyond it, its deliveries wait.',
    TEST_BYTES: 'Bytes of event data that test sends store within ten minutes.',
    DESTINATIONS: 'Destinations of the organization.',
  },
)

@ObjectType('Limit', {
  description: 'Something that the caller may use so much of, in the process that answers: each counts for itself.',
})
export class LimitType {
  @Field(() => LimitNameEnum, { description: 'What is counted.' })
  name!: keyof typeof LimitNameEnum

  @Field(() => Int, { description: 'How much may be used.' })
  max!: number

  @Field(() => Int, { description: 'How much is used now; of ANSWER_BYTES, by this operation so far.' })
  used!: number

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When nothing is used any more, if nothing more is asked for; null when time takes nothing off.',
  })
  resetsAt!: Date | null
}
