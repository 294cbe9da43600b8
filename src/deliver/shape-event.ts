import {
  compileFilter,
  compileTransform,
  type Expression,
  ExpressionFailed,
  type ExpressionInput,
} from '../domain/expression.ts'
import { idFromUuid, type Uuid, uuidTime } from '../domain/id.ts'

/** What a destination makes of an event before its connector sees it. */
export interface Shape {
  readonly filter: Expression<boolean> | undefined
  readonly transform: Expression<string> | undefined
}

export interface ShapeTexts {
  readonly filter?: string | null | undefined
  readonly transform?: string | null | undefined
}

/** An event on its way. */
export interface ShapedEvent {
  readonly eventId: Uuid<'evt'>
  readonly eventType: string
  /** Compact JSON. */
  readonly eventData: string
  readonly organizationId: Uuid<'org'>
  readonly organizationExternalId: string | null
  readonly organizationName: string
}

/** Throws ExpressionInvalid. */
export function compileShape({ filter, transform }: ShapeTexts): Shape {
  return {
    filter: filter == null ? undefined : compileFilter(filter),
    transform: transform == null ? undefined : compileTransform(transform),
  }
}

/** Throws ExpressionFailed, saying which of the two it was. */
export function passesFilter({ filter }: Shape, event: ShapedEvent): boolean {
  return filter ? evaluate('filter', filter, event) : true
}

/** The data that is sent, as compact JSON. Throws ExpressionFailed. */
export function shapedData({ transform }: Shape, event: ShapedEvent): string {
  return transform ? evaluate('transform', transform, event) : event.eventData
}

function evaluate<T>(name: string, expression: Expression<T>, event: ShapedEvent): T {
  try {
    return expression(inputOf(event))
  } catch (error) {
    if (!(error instanceof ExpressionFailed)) throw error
    throw new ExpressionFailed(`The destination's ${name} failed: ${error.message}`)
  }
}

function inputOf(event: ShapedEvent): ExpressionInput {
  return {
    event: {
      id: idFromUuid('evt', event.eventId),
      type: event.eventType,
      createdAt: uuidTime(event.eventId).toISOString(),
      data: JSON.parse(event.eventData),
    },
    organization: {
      id: idFromUuid('org', event.organizationId),
      externalId: event.organizationExternalId,
      name: event.organizationName,
    },
  }
}
