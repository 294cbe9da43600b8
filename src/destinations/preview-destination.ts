import type { ReadyConnector } from '../connector/registry.ts'
import { type LoadedDestination, loadDestination } from '../deliver/destination-cache.ts'
import { type PreparedRequest, prepareRequest, type RequestSource } from '../deliver/prepare-request.ts'
import { compileShape, exhaustedUntil, passesFilter, shapedData } from '../deliver/shape-event.ts'
import { standInsFor } from '../deliver/stand-ins.ts'
import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import { idToUuid } from '../domain/id.ts'
import { messageOf } from '../domain/message-of.ts'
import { NIL_UUID } from '../domain/nil-uuid.ts'
import { parseInput } from '../domain/parse-input.ts'
import { recordText, recordUrl, redactRequestHeaders } from '../domain/redact.ts'
import { notFound, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { createSecrets, type Secrets } from '../domain/secrets.ts'
import { ExpressionFailed } from '../evaluate/expression.ts'
import { Application } from '../store/application.ts'
import type { RecordedRequest } from '../store/delivery-attempt.ts'
import { findDestination } from '../store/destination.ts'
import { newUuid } from '../store/new-id.ts'
import {
  checkConfig,
  type Guard,
  guardOf,
  refusedSetting,
  requireConnector,
  requireSameConnector,
} from './connector-settings.ts'
import type { DestinationParts } from './destination-parts.ts'
import { expressionsSchema } from './destination-settings.ts'
import { findEventType, sampleData } from './sample-data.ts'

export interface PreviewInput {
  /** Undefined: one that is still to be made, unsigned. */
  readonly destinationId?: string | null | undefined
  readonly connector?: string | null | undefined
  /** What stands here goes before what is stored. */
  readonly config?: unknown
  readonly credentials?: Readonly<Record<string, unknown>> | null | undefined
  readonly filter?: string | null | undefined
  readonly transform?: string | null | undefined
  readonly eventType: string
  readonly data?: unknown
}

export interface Preview {
  /** Undefined when it would be skipped. Credentials are blanked out. */
  readonly request: (RecordedRequest & { readonly body: string }) | undefined
  readonly skipped: boolean
}

/** What a preview is made of: a stored destination, or one that is still to be made. Its credentials are none that are stored. */
interface PreviewSource extends RequestSource, Pick<LoadedDestination, 'organizationName' | 'secretHeaders'> {
  readonly shownSecrets: Secrets
}

/** A destination that is still to be made belongs to nobody and has no secrets. */
const unsaved = {
  organizationId: NIL_UUID,
  organizationExternalId: null,
  organizationName: 'Example',
  headers: {},
  signingKeys: [],
  secretHeaders: new Set<string>(),
}

/** The request that an event would make now, without sending it. */
export async function previewDestination(parts: DestinationParts, scope: Scope, input: PreviewInput): Promise<Preview> {
  const em = parts.store.em()
  const application = await em.findOneOrFail(Application, { id: scope.applicationId })
  const type = await findEventType(em, scope.applicationId, input.eventType)
  const spender = scope.organizationId ?? scope.applicationId
  const eventData = await sampleData(parts.evaluator, { application, type, given: input.data, spender })
  const stored = input.destinationId == null ? undefined : await load(parts, scope, input.destinationId)
  const connector = requireConnector(parts.connectors, input.connector ?? stored?.connector ?? 'webhook')
  if (stored) requireSameConnector(stored, connector)
  const source = overlay(guardOf(parts, application), connector, { input, stored })
  const event = { ...source, destinationId: stored?.id, eventId: newUuid<'evt'>(), eventType: type.name, eventData }
  const until = exhaustedUntil(parts.evaluator, source.shape, event)
  if (until) {
    const why = 'its filter and transform took too much CPU time (DESTINATION_CPU_MS, ORGANIZATION_CPU_MS)'
    throw refused('LIMIT_EXCEEDED', `${why}; again at ${until.toISOString()}`, ['input'])
  }
  const isThrough = await attempt('filter', () => passesFilter(parts.evaluator, source.shape, event))
  if (!isThrough) return { request: undefined, skipped: true }
  const data = await attempt('transform', () => shapedData(parts.evaluator, source.shape, event))
  const occasion = { deliveryId: newUuid<'dlv'>(), attemptNumber: 1, isTest: false, now: new Date() }
  const prepared = await attempt('config', () =>
    prepareRequest(connector, source, { ...event, eventData: data, ...occasion }),
  )
  return { request: redacted(prepared, source), skipped: false }
}

async function load(parts: DestinationParts, scope: Scope, text: string): Promise<LoadedDestination> {
  const { id } = await findDestination(parts.store.em(), scope, text, 'destinationId')
  const loaded = await loadDestination(parts.store, idToUuid(id))
  const path = ['input', 'destinationId']
  if (!loaded) throw notFound(`destination ${text}`, path)
  if (loaded.problem) throw refused('CONFLICT', loaded.problem, path)
  return loaded
}

/**
 * The destination with what the caller gave instead of what is stored, and stand-ins for its credentials: what is blanked out
 * of the caller's own data says nothing about them.
 */
function overlay(
  guard: Guard & { readonly profile: DeliveryProfile },
  connector: ReadyConnector,
  { input, stored }: { input: PreviewInput; stored: LoadedDestination | undefined },
): PreviewSource {
  const given = compileShape(parseInput(expressionsSchema, input))
  const config = stored && input.config == null ? stored.config : checkConfig(guard, connector, input.config).config
  const standIns = stored ? standInsFor(connector, stored.credentials).credentials : samplesOf(connector)
  const credentials = { ...standIns, ...input.credentials }
  return {
    profile: guard.profile,
    ...(stored ?? unsaved),
    config,
    credentials,
    shownSecrets: createSecrets({ credentials }),
    shape: {
      filter: input.filter === undefined ? stored?.shape.filter : given.filter,
      transform: input.transform === undefined ? stored?.shape.transform : given.transform,
    },
  }
}

/** Connectors are promised credentials that their schema lets pass. */
function samplesOf({ definition }: ReadyConnector): Record<string, unknown> {
  return (definition.samples?.credentials ?? {}) as Record<string, unknown>
}

/** What the expressions or the connector say of this very event. */
async function attempt<T>(field: 'filter' | 'transform' | 'config', work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const message = messageOf(error)
    if (error instanceof ExpressionFailed) throw refused('EXPRESSION_INVALID', message, ['input', field])
    throw refusedSetting(`the connector builds no request: ${message}`, [field])
  }
}

function redacted({ method, url, headers, body }: PreparedRequest, source: PreviewSource): Preview['request'] {
  const { shownSecrets, secretHeaders } = source
  return {
    method,
    url: recordUrl(url, shownSecrets),
    headers: redactRequestHeaders(Object.entries(headers), shownSecrets, secretHeaders),
    body: recordText(body, shownSecrets, body.length),
  }
}
