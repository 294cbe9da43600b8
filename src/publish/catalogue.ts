import { isSpreadable } from '../domain/envelope.ts'
import type { Uuid } from '../domain/id.ts'
import { NIL_UUID } from '../domain/nil-uuid.ts'
import { compilePayloadSchema, type PayloadCheck, payloadProblems } from '../domain/payload-schema.ts'
import type { Problem } from '../domain/refused.ts'
import type { Sql } from '../store/sql.ts'
import type { CheckedRequest } from './publish-request.ts'
import { findEventTypes, findOrganizations, findPayloadSchemas, type KnownEventType } from './publish-sql.ts'

interface CatalogueCheck {
  readonly organizationUuid: Uuid<'org'>
  readonly problems: readonly Problem[]
}

/** Checks requests against organizations and event types as they are in the table now: nothing is stale. */
export interface Catalogue {
  check(requests: readonly CheckedRequest[]): Promise<Map<CheckedRequest, CatalogueCheck>>
}

/** Compiled schemas kept; a busy application has tens of types. */
const MAX_COMPILED = 2_000

export function createCatalogue(sql: Sql): Catalogue {
  /** By event type and its version, so that a changed schema is another entry. */
  const compiled = new Map<string, PayloadCheck | undefined>()
  return {
    async check(requests) {
      const [organizations, types] = await Promise.all([findOrganizationUuids(sql, requests), findTypes(sql, requests)])
      await compileMissing(sql, compiled, [...types.values()])
      return new Map(
        requests.map((request) => {
          const organizationUuid = organizations.get(organizationKey(request))
          const type = types.get(`${request.applicationUuid} ${request.type}`)
          const usable = type && type.status !== 'ARCHIVED' && !type.isNotice
          const problems = [
            ...(organizationUuid ? [] : [organizationProblem(request)]),
            ...(usable
              ? dataProblems(request.data, type, compiled.get(versionKey(type)))
              : [typeProblem(request, type)]),
          ]
          return [request, { organizationUuid: organizationUuid ?? NIL_UUID, problems }]
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

async function findTypes(sql: Sql, requests: readonly CheckedRequest[]): Promise<Map<string, KnownEventType>> {
  const wanted = new Map(
    requests.map((request) => [
      `${request.applicationUuid} ${request.type}`,
      { applicationId: request.applicationUuid, name: request.type },
    ]),
  )
  const found = await findEventTypes(sql, [...wanted.values()])
  return new Map(found.map((type) => [`${type.applicationId} ${type.name}`, type]))
}

async function compileMissing(
  sql: Sql,
  compiled: Map<string, PayloadCheck | undefined>,
  types: readonly KnownEventType[],
): Promise<void> {
  if (compiled.size > MAX_COMPILED) compiled.clear()
  const missing = types.filter((type) => !compiled.has(versionKey(type)))
  if (missing.length === 0) return
  const rows = await findPayloadSchemas(
    sql,
    missing.map((type) => type.id),
  )
  const schemas = new Map(rows.map((row) => [row.id, row.payloadSchema]))
  for (const type of missing) {
    const schema = schemas.get(type.id)
    compiled.set(versionKey(type), schema ? compilePayloadSchema(schema) : undefined)
  }
}

function dataProblems(data: unknown, type: KnownEventType, check: PayloadCheck | undefined): Problem[] {
  if (type.spreadsData && !isSpreadable(data)) return [notSpreadable(['data'])]
  return payloadProblems(check, data, ['data'])
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
