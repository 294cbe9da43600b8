import { FieldResolver, Resolver, Root } from 'type-graphql'
import type { RecordedHeader } from '../../domain/redact.ts'
import { HttpHeader } from './attempt-type.ts'

@Resolver(() => HttpHeader)
export class HeaderResolver {
  @FieldResolver(() => String, { description: 'As it was sent or received.' })
  name(@Root() [name]: RecordedHeader): string {
    return name
  }

  @FieldResolver(() => String, { description: 'Blanked out where it is redacted.' })
  value(@Root() [, value]: RecordedHeader): string {
    return value
  }

  @FieldResolver(() => Boolean, { description: 'True when value is not what was sent.' })
  redacted(@Root() [, , redacted]: RecordedHeader): boolean {
    return redacted ?? false
  }
}
