import type { EntityManager } from '@mikro-orm/core'
import { type Id, parseId } from '../domain/id.ts'
import { Refused } from '../domain/refused.ts'
import { Destination } from '../store/destination.ts'

/** The application's destination of this id, which came as `input.id`; Refused when there is none. */
export async function findDestination(em: EntityManager, applicationId: Id<'app'>, text: string): Promise<Destination> {
  const id = parseId('dst', text)
  const destination = id && (await em.findOne(Destination, { id, applicationId }))
  if (!destination) {
    throw new Refused({ code: 'NOT_FOUND', message: `there is no destination ${text}`, path: ['input', 'id'] })
  }
  return destination
}
