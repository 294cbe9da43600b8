import type { DeliveryProfileInput } from '../../src/client/generated/documents.ts'
import { type Id, idToUuid } from '../../src/domain/id.ts'
import { type Backend, createBackend } from '../support/postrider.ts'
import { type Api, openApi } from './api.ts'
import { inParallel } from './pace.ts'
import type { BenchServer } from './server.ts'

/** An application of its own with its customers, each with one destination for all of its events. */
export interface Customers extends AsyncDisposable {
  readonly backend: Backend
  readonly api: Api
  /** As the tables have it. */
  readonly applicationUuid: string
  readonly organizationIds: readonly string[]
  readonly destinationIds: readonly string[]
}

export interface CustomersOptions {
  readonly count: number
  /** Where the n-th customer's events go; n counts from 0. */
  readonly url: (n: number) => string
  readonly profile?: DeliveryProfileInput
  /** Of each destination. */
  readonly filter?: string
}

export async function createCustomers(
  server: BenchServer,
  { count, url, profile, filter }: CustomersOptions,
): Promise<Customers> {
  const backend = await createBackend(server.operator, profile)
  await backend.eventType('a')
  const organizationIds: string[] = []
  const destinationIds: string[] = []
  await inParallel(16, count, async (n) => {
    const organizationId = await backend.organization(`customer-${n}`)
    organizationIds[n] = organizationId
    destinationIds[n] = (await backend.destination({ organizationId, url: url(n), filter })).id
  })
  const api = openApi(backend.endpoint)
  return {
    backend,
    api,
    applicationUuid: idToUuid(backend.applicationId as Id<'app'>),
    organizationIds,
    destinationIds,
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
}
