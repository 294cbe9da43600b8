import { isSpreadable } from '../domain/envelope.ts'
import type { Uuid } from '../domain/id.ts'
import { NIL_UUID } from '../domain/nil-uuid.ts'
import type { Problem } from '../domain/refused.ts'
import { type Evaluator, type PayloadSchema, preparePayloadSchema } from '../evaluate/evaluator.ts'
import type { Sql } from '../store/sql.ts'
import type { CheckedRequest } from './publish-request.ts'
import { findEventTypes, findOrganizations, findPayloadSchemas, type KnownEventType } from './publish-sql.ts'

interface CatalogueCheck {
  readonly organizationUuid: Uuid<'org'>
  /** Undefined: its data has to be checked by `checkLong` first. */
  readonly problems: readonly Problem[] | undefined
}

/** Data of an event, as JSON.parse has it. The catalogue remembers problems by this object, not by equal data. */
export interface TypedData {
  readonly applicationUuid: Uuid<'app'>
  /** Name of its event type. */
  readonly type: string
  readonly data: unknown
  /** The same as JSON, where it is at hand. */
  readonly dataJson?: string
}

/** Checks against organizations and event types as they are in the table now: nothing is stale. */
export interface Catalogue {
  check(sql: Sql, requests: readonly CheckedRequest[]): Promise<Map<CheckedRequest, CatalogueCheck>>
  /**
   * Checks data alone: of stored events, whose type was known when they were published and may be archived now. Undefined: it
   * has to be checked by `checkLong` first.
   */
  checkData(sql: Sql, events: readonly TypedData[]): Promise<(readonly Problem[] | undefined)[]>
  /** Checks data for which there was no time, because others wait for it. The next check knows what came of it. */
  checkLong(events: readonly TypedData[]): Promise<void>
}

/** Schemas kept; a busy application has tens of types. */
const MAX_PREPARED = 2_000

export function createCatalogue(evaluator: Evaluator): Catalogue {
  /** By event type and its version, so that a changed schema is another entry. */
  const prepared = new Map<string, PayloadSchema | undefined>()
  /** Problems that another process is to find, or has found, and the version of the type. */
  const verdicts = new WeakMap<TypedData, Verdict>()

  /** Undefined: another process has to look at the data. */
  function dataProblems(event: TypedData, type: KnownEventType): readonly Problem[] | undefined {
    if (type.spreadsData && !isSpreadable(event.data)) return [notSpreadable(['data'])]
    const version = versionKey(type)
    const schema = prepared.get(version)
    if (!schema) return []
    const known = verdicts.get(event)
    if (known?.version === version) return known.problems
    const { data: value, dataJson: json = JSON.stringify(value), applicationUuid: spender } = event
    const problems = evaluator.check(schema, { json, value, path: ['data'], spender })
    if (!(problems instanceof Promise)) return problems
    // checkLong rejects with what it fails with.
    problems.catch(() => verdicts.delete(event))
    verdicts.set(event, { version, running: problems })
    return undefined
  }

  return {
    async check(sql, requests) {
      const [organizations, types] = await Promise.all([findOrganizationUuids(sql, requests), findTypes(sql, requests)])
      await prepareMissing(sql, prepared, [...types.values()])
      return new Map(
        requests.map((request) => {
          const organizationUuid = organizations.get(organizationKey(request))
          const type = types.get(typeKey(request))
          const usable = type && type.status !== 'ARCHIVED' && !type.isNotice
          const ofData = usable ? dataProblems(request, type) : [typeProblem(request, type)]
          const problems = ofData && [...(organizationUuid ? [] : [organizationProblem(request)]), ...ofData]
          return [request, { organizationUuid: organizationUuid ?? NIL_UUID, problems }]
        }),
      )
    },

    async checkData(sql, events) {
      const types = await findTypes(sql, events)
      await prepareMissing(sql, prepared, [...types.values()])
      return events.map((event) => {
        const type = types.get(typeKey(event))
        return type ? dataProblems(event, type) : []
      })
    },

    async checkLong(events) {
      await Promise.all(
        events.map(async (event) => {
          const verdict = verdicts.get(event)
          if (verdict) verdict.problems = await verdict.running
        }),
      )
    },
  }
}

async function findOrganizationUuids(sql: Sql, requests: readonly CheckedRequest[]): Promise<Map<string, Uuid<'org'>>> {
  const wanted = new Map(
    requests.map((request) => [
      organizationKey(request),
      {
        applicationId: request.applicationUuid,
        id: request.organizationUuid,
        externalId: request.organizationExternalId,
      },
    ]),
  )
  const found = await findOrganizations(sql, [...wanted.values()])
  return new Map(
    found.flatMap((one) => [
      [`${one.applicationId} id ${one.id}`, one.id],
      [`${one.applicationId} external ${one.externalId}`, one.id],
    ]),
  )
}

function organizationKey(request: CheckedRequest): string {
  return request.organizationUuid
    ? `${request.applicationUuid} id ${request.organizationUuid}`
    : `${request.applicationUuid} external ${request.organizationExternalId}`
}

async function findTypes(sql: Sql, requests: readonly TypedData[]): Promise<Map<string, KnownEventType>> {
  const wanted = new Map(
    requests.map((request) => [typeKey(request), { applicationId: request.applicationUuid, name: request.type }]),
  )
  const found = await findEventTypes(sql, [...wanted.values()])
  return new Map(found.map((type) => [`${type.applicationId} ${type.name}`, type]))
}

function typeKey({ applicationUuid, type }: TypedData): string {
  return `${applicationUuid} ${type}`
}

async function prepareMissing(
  sql: Sql,
  prepared: Map<string, PayloadSchema | undefined>,
  types: readonly KnownEventType[],
): Promise<void> {
  if (prepared.size > MAX_PREPARED) prepared.clear()
  const missing = types.filter((type) => !prepared.has(versionKey(type)))
  if (missing.length === 0) return
  const rows = await findPayloadSchemas(
    sql,
    missing.map((type) => type.id),
  )
  const schemas = new Map(rows.map((row) => [row.id, row.payloadSchema]))
  for (const type of missing) {
    const schema = schemas.get(type.id)
    prepared.set(versionKey(type), schema ? preparePayloadSchema(schema) : undefined)
  }
}

interface Verdict {
  readonly version: string
  readonly running: Promise<readonly Problem[]>
  /** Undefined while it runs. */
  problems?: readonly Problem[]
}

/** Of data, given at `path`, whose keys have no place in the application's envelope. */
export function notSpreadable(path: readonly string[]): Problem {
  return { code: 'INVALID', message: 'is no object, and the delivery profile spreads its keys', path }
}

function versionKey(type: KnownEventType): string {
  return `${type.id} ${type.version}`
}

function organizationProblem(request: CheckedRequest): Problem {
  return request.organizationUuid
    ? { code: 'NOT_FOUND', message: 'there is no such organization', path: ['organizationId'] }
    : {
        code: 'NOT_FOUND',
        message: `there is no organization with the external id "${request.organizationExternalId}"`,
        path: ['organizationExternalId'],
      }
}

function typeProblem(request: CheckedRequest, type: KnownEventType | undefined): Problem {
  const message = !type
    ? `there is no event type "${request.type}" in the catalogue`
    : type.isNotice
      ? `the event type "${request.type}" is published by Postrider itself`
      : `the event type "${request.type}" is archived`
  return { code: 'EVENT_TYPE_UNKNOWN', message, path: ['type'] }
}
