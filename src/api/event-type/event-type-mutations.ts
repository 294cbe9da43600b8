import { Ctx, Mutation, Resolver } from 'type-graphql'
import { archiveEventType, upsertEventType } from '../../publish/save-event-type.ts'
import { type ApiContext, applicationOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { payloadOf } from '../user-error.ts'
import {
  EventTypeArchiveInput,
  EventTypeArchivePayload,
  EventTypeUpsertInput,
  EventTypeUpsertPayload,
} from './event-type-type.ts'

@Resolver()
export class EventTypeMutations {
  @Mutation(() => EventTypeUpsertPayload, { description: 'Makes or changes a kind of event.' })
  eventTypeUpsert(@InputArg(() => EventTypeUpsertInput) input: EventTypeUpsertInput, @Ctx() context: ApiContext) {
    const applicationId = applicationOf(context)
    const { store, evaluator } = context.parts
    return payloadOf(async () => ({
      eventType: await upsertEventType({ em: store.em(), evaluator }, applicationId, input),
    }))
  }

  @Mutation(() => EventTypeArchivePayload, {
    description: 'From now on publishing it is refused; what was published stays.',
  })
  eventTypeArchive(@InputArg(() => EventTypeArchiveInput) input: EventTypeArchiveInput, @Ctx() context: ApiContext) {
    const applicationId = applicationOf(context)
    return payloadOf(async () => ({
      eventType: await archiveEventType(context.parts.store.em(), applicationId, input.name),
    }))
  }
}
