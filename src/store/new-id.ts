import { uuidv7 } from 'uuidv7'
import { type Id, type IdPrefix, idFromUuid, type Uuid } from '../domain/id.ts'

/** A new id: a UUIDv7 of this process, later ones sorting after earlier ones. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  return idFromUuid(prefix, newUuid<P>())
}

/** The same as it stands in tables. */
export function newUuid<P extends IdPrefix>(): Uuid<P> {
  return uuidv7() as Uuid<P>
}
