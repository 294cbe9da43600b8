import { idFromUuid, type Uuid, uuidTime } from '../domain/id.ts'
import type { Evaluation, Evaluator, Spenders } from '../evaluate/evaluator.ts'
import { compileFilter, compileTransform, type Expression, ExpressionFailed } from '../evaluate/expression.ts'

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
  /** Undefined for one that is still to be made. */
  readonly destinationId?: Uuid<'dst'> | undefined
}

/** Throws ExpressionInvalid. */
export function compileShape({ filter, transform }: ShapeTexts): Shape {
  return {
    filter: filter == null ? undefined : compileFilter(filter),
    transform: transform == null ? undefined : compileTransform(transform),
  }
}

/** Throws ExpressionFailed, saying which of the two it was. */
export async function passesFilter(evaluator: Evaluator, { filter }: Shape, event: ShapedEvent): Promise<boolean> {
  return filter ? evaluate(evaluator, { kind: 'filter', expression: filter, event }) : true
}

/** Whether the event is to go out, or why that cannot be told. */
export async function filterVerdict(evaluator: Evaluator, shape: Shape, event: ShapedEvent): Promise<boolean | string> {
  try {
    return await passesFilter(evaluator, shape, event)
  } catch (error) {
    if (error instanceof ExpressionFailed) return error.message
    throw error
  }
}

/** The data that is sent, as compact JSON. Throws ExpressionFailed. */
export async function shapedData(evaluator: Evaluator, { transform }: Shape, event: ShapedEvent): Promise<string> {
  return transform ? evaluate(evaluator, { kind: 'transform', expression: transform, event }) : event.eventData
}

/** When the destination may have its expressions evaluated again; undefined when it may now. */
export function exhaustedUntil(
  evaluator: Evaluator,
  { filter, transform }: Shape,
  event: ShapedEvent,
): Date | undefined {
  const [first] = [filter, transform].flatMap((one) =>
    one ? (evaluator.exhaustedUntil(one, spendersOf(event)) ?? []) : [],
  )
  return first
}

async function evaluate<T extends boolean | string>(
  evaluator: Evaluator,
  { event, ...rest }: Pick<Evaluation<T>, 'kind' | 'expression'> & { readonly event: ShapedEvent },
): Promise<T> {
  try {
    return await evaluator.evaluate({ ...rest, input: inputOf(event), spenders: spendersOf(event) })
  } catch (error) {
    if (!(error instanceof ExpressionFailed)) throw error
    throw new ExpressionFailed(`The destination's ${rest.kind} failed: ${error.message}`)
  }
}

function spendersOf({ organizationId, destinationId }: ShapedEvent): Spenders {
  return { organization: organizationId, destination: destinationId }
}

/** JSON of an ExpressionInput. */
function inputOf(event: ShapedEvent): string {
  const head = JSON.stringify({
    id: idFromUuid('evt', event.eventId),
    type: event.eventType,
    createdAt: uuidTime(event.eventId).toISOString(),
  })
  const organization = JSON.stringify({
    id: idFromUuid('org', event.organizationId),
    externalId: event.organizationExternalId,
    name: event.organizationName,
  })
  return `{"event":${head.slice(0, -1)},"data":${event.eventData}},"organization":${organization}}`
}
