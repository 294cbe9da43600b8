import { ArgsType, Field, Int, ObjectType } from 'type-graphql'
import { MINUTES_KEPT_DAYS, statsBuckets } from '../../feed/stats-sql.ts'
import { enumOf } from '../enum.ts'
import { DateTimeRange } from '../id-filter.ts'
import { DateTimeScalar } from '../scalars.ts'

export const StatsBucketEnum = enumOf(
  'StatsBucket',
  statsBuckets,
  `The width of a point, in UTC. Minutes are kept for ${MINUTES_KEPT_DAYS} days.`,
)

@ObjectType('StatsPoint', {
  description:
    'The attempts that started in one bucket. One that ended shows at once; under heavy load, after seconds.',
})
export class StatsPointType {
  @Field(() => DateTimeScalar, { description: 'Where the bucket begins.' })
  start!: Date

  @Field(() => Int, { description: 'All that started in the bucket.' })
  attempts!: number

  @Field(() => Int, { description: 'Those whose outcome is SUCCESS.' })
  succeeded!: number

  @Field(() => Int, { description: 'Attempts that did not succeed, whether or not they were tried again.' })
  failed!: number

  @Field(() => Int, {
    nullable: true,
    description: 'Half of the attempts took no longer, within 5 %; null without attempts.',
  })
  p50DurationMs?: number | null

  @Field(() => Int, {
    nullable: true,
    description: '95 of 100 attempts took no longer, within 5 %; null without attempts.',
  })
  p95DurationMs?: number | null
}

@ArgsType()
export class StatsArgs {
  @Field(() => DateTimeRange, {
    description: 'A bucket that it touches counts as a whole. `from` is required, `to` is now when left out.',
  })
  range!: DateTimeRange

  @Field(() => StatsBucketEnum, { description: 'Width of a point.' })
  bucket!: keyof typeof StatsBucketEnum
}
