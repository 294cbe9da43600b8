import { Field, InputType } from 'type-graphql'
import { type Id, type IdPrefix, idFromUuid, parseId, uuidFloor } from '../domain/id.ts'
import { DateTimeOrDurationScalar } from './scalars.ts'

@InputType({ description: 'From `from` up to, not including, `to`; a side left out is open.' })
export class DateTimeRange {
  @Field(() => DateTimeOrDurationScalar, {
    nullable: true,
    description: 'The first instant that is in it. Default: from the beginning.',
  })
  from?: Date | null

  @Field(() => DateTimeOrDurationScalar, {
    nullable: true,
    description: 'The first instant that is no longer in it. Default: without end.',
  })
  to?: Date | null
}

/** An organization that is not there: what an id of another kind stands for, so that it matches nothing. */
export const NOBODY: Id<'org'> = 'org_00000000000000000000000000'

/** The ids that are of this kind; others match nothing. */
export function knownIds<P extends IdPrefix>(prefix: P, texts: readonly string[]): Id<P>[] {
  return texts.flatMap((text) => parseId(prefix, text) ?? [])
}

/** Creation times as a range of ids: the id carries the time, so the primary key and its partitions serve the filter. */
export function idsBetween<P extends IdPrefix>(prefix: P, { from, to }: DateTimeRange): { $gte?: Id<P>; $lt?: Id<P> } {
  return {
    ...(from && { $gte: idFromUuid(prefix, uuidFloor(from.getTime())) }),
    ...(to && { $lt: idFromUuid(prefix, uuidFloor(to.getTime())) }),
  }
}
