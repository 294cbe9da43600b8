import { uuidv7 } from 'uuidv7'
import { type Id, type IdPrefix, idFromUuid } from '../domain/id.ts'

/** A new id: a UUIDv7 of this process, later ones sorting after earlier ones. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  return idFromUuid(prefix, newUuid())
}

/** The same as it stands in tables. */
export function newUuid(): string {
  return uuidv7()
}
