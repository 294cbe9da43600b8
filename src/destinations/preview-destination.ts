import type { ReadyConnector } from '../connector/registry.ts'
import { type LoadedDestination, loadDestination } from '../deliver/destination-cache.ts'
import { prepareRequest } from '../deliver/prepare-request.ts'
import { checkShape, passesFilter, shapedData } from '../deliver/shape-event.ts'
import { ExpressionFailed } from '../domain/expression.ts'
import { parseId } from '../domain/id.ts'
import { messageOf } from '../domain/message-of.ts'
import { NIL_UUID } from '../domain/nil-uuid.ts'
import { recordText, redactHeaders, secretTextsOf } from '../domain/redact.ts'
import { notFound, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { Application } from '../store/application.ts'
import type { RecordedRequest } from '../store/delivery-attempt.ts'
import { Destination } from '../store/destination.ts'
import { newUuid } from '../store/new-id.ts'
import type { DestinationParts } from './manage-destination.ts'
import { findEventType, sampleData } from './sample-data.ts'
import { checkConfig, refusedSetting, requireConnector } from './settings.ts'

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

/** The request that an event would make now, without sending it. */
export async function previewDestination(parts: DestinationParts, scope: Scope, input: PreviewInput): Promise<Preview> {
  const em = parts.store.em()
  const application = await em.findOneOrFail(Application, { id: scope.applicationId })
  const type = await findEventType(em, scope.applicationId, input.eventType)
  const eventData = sampleData(application, type, input.data)
  const stored = input.destinationId == null ? blank(application) : await load(parts, scope, input.destinationId)
  const { connector, destination } = overlay(parts, application, { input, stored })
  const event = { ...destination, eventId: newUuid(), eventType: type.name, eventData }
  const isThrough = attempt('filter', () => passesFilter(destination.shape, event))
  if (!isThrough) return { request: undefined, skipped: true }
  const data = attempt('transform', () => shapedData(destination.shape, event))
  const occasion = { deliveryId: newUuid(), attemptNumber: 1, isTest: false, now: new Date() }
  const prepared = attempt('config', () =>
    prepareRequest(connector, destination, { ...event, eventData: data, ...occasion }),
  )
  const { secretTexts, secretHeaders } = destination
  const request = {
    method: prepared.method,
    url: recordText(prepared.url, secretTexts, prepared.url.length),
    headers: redactHeaders(Object.entries(prepared.headers), secretTexts, secretHeaders),
    body: recordText(prepared.body, secretTexts, prepared.body.length),
  }
  return { request, skipped: false }
}

async function load(parts: DestinationParts, scope: Scope, text: string): Promise<LoadedDestination> {
  const id = parseId('dst', text)
  const known = id && (await parts.store.em().findOne(Destination, { id, ...scope }, { fields: ['id'] }))
  const path = ['input', 'destinationId']
  if (!known) throw notFound(`destination ${text}`, path)
  const loaded = await loadDestination(parts.store, known.id)
  if (!loaded) throw notFound(`destination ${text}`, path)
  if (loaded.problem) throw refused('CONFLICT', loaded.problem, path)
  return loaded
}

function blank(application: Application): LoadedDestination {
  return {
    id: NIL_UUID,
    version: 0,
    organizationId: NIL_UUID,
    organizationExternalId: null,
    organizationName: 'Example',
    isActive: true,
    isDisabled: false,
    isCircuitOpen: false,
    probeDeliveryId: null,
    isSteady: true,
    connector: 'webhook',
    connectorMajor: 1,
    config: {},
    credentials: {},
    headers: {},
    secretHeaders: new Set(),
    signingSecrets: [],
    shape: { filter: undefined, transform: undefined },
    problem: undefined,
    secretTexts: [],
    profile: application.deliveryProfile,
    profileVersion: application.profileVersion,
  }
}

/** The destination with what the caller gave instead of what is stored. */
function overlay(
  parts: DestinationParts,
  application: Application,
  { input, stored }: { input: PreviewInput; stored: LoadedDestination },
): { connector: ReadyConnector; destination: LoadedDestination } {
  const connector = requireConnector(parts.connectors, input.connector ?? stored.connector)
  const given = checkShape(input)
  const config =
    input.config == null && input.destinationId != null
      ? stored.config
      : checkConfig({ ...parts, profile: application.deliveryProfile }, connector, input.config).config
  const shape = {
    filter: input.filter === undefined ? stored.shape.filter : given.filter,
    transform: input.transform === undefined ? stored.shape.transform : given.transform,
  }
  const made = input.destinationId == null ? standIns(connector) : stored.credentials
  const credentials = { ...made, ...input.credentials }
  const texts = [...stored.secretTexts, ...secretTextsOf(credentials)]
  // The longest first, so that none leaves a rest of another.
  const secretTexts = texts.toSorted((a, b) => b.length - a.length)
  return {
    connector,
    destination: { ...stored, connector: connector.definition.key, config, shape, credentials, secretTexts },
  }
}

/** Connectors are promised credentials that their schema lets pass. */
function standIns({ definition }: ReadyConnector): Record<string, unknown> {
  return (definition.samples?.credentials ?? {}) as Record<string, unknown>
}

/** What the expressions or the connector say of this very event. */
function attempt<T>(field: 'filter' | 'transform' | 'config', work: () => T): T {
  try {
    return work()
  } catch (error) {
    const message = messageOf(error)
    if (error instanceof ExpressionFailed) throw refused('EXPRESSION_INVALID', message, ['input', field])
    throw refusedSetting(`the connector builds no request: ${message}`, [field])
  }
}
