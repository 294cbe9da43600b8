import { Type } from '@mikro-orm/core'
import { type Id, type IdPrefix, idFromUuid, idToUuid, type Uuid } from '../domain/id.ts'

/** A TypeID in code, its bare UUID in the table. */
export class TypeIdType<P extends IdPrefix> extends Type<Id<P> | null | undefined, Uuid<P> | null | undefined> {
  readonly prefix: P

  constructor(prefix: P) {
    super()
    this.prefix = prefix
  }

  override convertToDatabaseValue(value: Id<P> | null | undefined): Uuid<P> | null | undefined {
    return value && idToUuid(value)
  }

  override convertToJSValue(value: Uuid<P> | null | undefined): Id<P> | null | undefined {
    return value ? idFromUuid(this.prefix, value) : (value as null | undefined)
  }

  override getColumnType(): string {
    return 'uuid'
  }

  override compareAsType(): string {
    return 'string'
  }
}
