import type { EntityManager } from '@mikro-orm/core'
import type { Id } from '../domain/id.ts'
import { type Problem, type ProblemCode, Refused } from '../domain/refused.ts'
import { isSubscription, MAX_EVENT_TYPE_LENGTH } from '../domain/subscription.ts'
import { EventType } from '../store/event-type.ts'

/**
 * The subscriptions without doubles, each a prefix or a type of the catalogue: a typing mistake would otherwise stay
 * silent for ever.
 */
export async function checkSubscriptions(
  em: EntityManager,
  applicationId: Id<'app'>,
  eventTypes: readonly string[],
): Promise<string[]> {
  refuseAny(eventTypes, (pattern) => !isSubscription(pattern), {
    code: 'INVALID',
    message: (pattern) => `"${pattern}" is neither an event type nor a prefix such as inquiry.*`,
  })
  const exact = eventTypes.filter((pattern) => !pattern.endsWith('.*'))
  const known = exact.length > 0 ? await em.find(EventType, { applicationId, name: { $in: exact } }) : []
  const names = new Set(known.map((type) => type.name))
  refuseAny(eventTypes, (pattern) => !pattern.endsWith('.*') && !names.has(pattern), {
    code: 'EVENT_TYPE_UNKNOWN',
    message: (pattern) => `there is no event type "${pattern}" in the catalogue`,
  })
  return [...new Set(eventTypes)]
}

function refuseAny(
  eventTypes: readonly string[],
  isWrong: (pattern: string) => boolean,
  { code, message }: { code: ProblemCode; message: (pattern: string) => string },
): void {
  const problems = eventTypes.flatMap((pattern, index): Problem[] =>
    isWrong(pattern)
      ? [
          {
            code,
            message: message(pattern.slice(0, MAX_EVENT_TYPE_LENGTH)),
            path: ['input', 'eventTypes', String(index)],
          },
        ]
      : [],
  )
  if (problems.length > 0) throw new Refused(...problems)
}
