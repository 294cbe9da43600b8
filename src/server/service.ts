import type { ApiParts } from '../api/context.ts'
import type { Authenticate } from '../api/principal.ts'
import type { RateLimit } from '../api/rate-limit.ts'

/** What calls are answered with, once the database is there. */
export interface Service {
  readonly parts: ApiParts
  readonly authenticate: Authenticate
  readonly rateLimit: RateLimit
}
