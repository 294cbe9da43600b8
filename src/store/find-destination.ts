import type { EntityManager } from '@mikro-orm/core'
import { parseId } from '../domain/id.ts'
import { notFound } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { Destination } from './destination.ts'

/** The destination of this id within the scope, which came as `input.<field>`; Refused when there is none. */
export async function findDestination(
  em: EntityManager,
  scope: Scope,
  text: string,
  field = 'id',
): Promise<Destination> {
  const id = parseId('dst', text)
  const destination = id && (await em.findOne(Destination, { id, ...scope }))
  if (!destination) {
    throw notFound(`destination ${text}`, ['input', field])
  }
  return destination
}
