import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { type ApiContext, createContext } from '../api/context.ts'
import { CUSTOMER_BODY_LIMIT_BYTES, counted, tooLarge } from './counted-body.ts'
import type { Service } from './service.ts'

/**
 * Who may call, decided by a request's headers before anything of its body is read. The caller is looked up once: what the
 * look-up found is kept for the handler.
 */
export interface Admission {
  /** Whether the caller may go on. If not, the handler is to answer at once, without a body. */
  admit(request: FastifyRequest): Promise<boolean>
  /** What the admitted call is answered with. Throws what it was refused with. */
  contextOf(request: FastifyRequest): ApiContext
  /** The admitted call's body. Rejects with 413, or ends with it, when its caller may not send as much. */
  boundBody(request: FastifyRequest, body: Readable): Promise<Readable>
}

/** Bodies of callers who were admitted; a batch of publishes needs it. Everybody else's: see STRANGER_BODY_BYTES. */
export const BODY_LIMIT_BYTES = 5 * 1_024 * 1_024

export function createAdmission(service: () => Service): Admission {
  const outcomes = new WeakMap<FastifyRequest, () => ApiContext>()
  const customers = new WeakSet<FastifyRequest>()
  return {
    async admit(request) {
      try {
        const { parts, authenticate, rateLimit } = service()
        const principal = await authenticate(request.headers)
        rateLimit(principal)
        await parts.budgets.admit(principal, bodyBytesOf(request.headers))
        if (principal.kind === 'ORGANIZATION') customers.add(request)
        outcomes.set(request, () => createContext(parts, principal))
        return true
      } catch (error) {
        outcomes.set(request, () => {
          throw error
        })
        return false
      }
    },
    contextOf: (request) => outcomes.get(request)!(),
    async boundBody(request, body) {
      if (!customers.has(request)) return body
      const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
      if (Number(length) > CUSTOMER_BODY_LIMIT_BYTES) throw tooLarge()
      return encoding === undefined ? body : counted(body)
    },
  }
}

/** Taken for a body that does not say its length. */
const UNKNOWN_BYTES = 100_000

function bodyBytesOf(headers: IncomingHttpHeaders): number {
  if (headers['transfer-encoding'] !== undefined) return UNKNOWN_BYTES
  return Number(headers['content-length'] ?? 0)
}
