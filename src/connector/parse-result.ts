import { z } from 'zod'
import type { CheckIssue, Classification, ConnectorRequest, DeliverResult, FieldOption } from './define-connector.ts'

// What a connector returns is checked before it is used: one that returns nonsense must say so in its own attempt, not
// break a batch that it shares with others.

const requestSchema = z.object({
  method: z.string().optional(),
  url: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  sign: z.boolean().optional(),
})

const classificationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('success') }),
  z.object({
    kind: z.literal('retry'),
    reason: z.string(),
    afterMs: z.number().min(0).optional(),
    because: z.enum(['RATE_LIMITED', 'CONNECTION']).optional(),
  }),
  z.object({ kind: z.literal('fail'), reason: z.string() }),
  z.object({
    kind: z.literal('disable'),
    reason: z.string(),
    because: z.enum(['GONE', 'CREDENTIALS_REJECTED']),
    remove: z.boolean().optional(),
  }),
])

const deliveredSchema = z.intersection(
  classificationSchema,
  z.object({
    response: z
      .object({
        statusCode: z.int().min(0).max(999),
        headers: z.record(z.string(), z.string()).optional(),
        body: z.string().optional(),
      })
      .optional(),
  }),
)

const issuesSchema = z.array(
  z.object({
    message: z.string().min(1),
    path: z.tuple([z.enum(['config', 'credentials'])], z.string()).optional(),
  }),
)

const optionsSchema = z.array(z.object({ label: z.string(), value: z.string() }))

/** Throws with the place and the reason when `value` is not a list of choices. */
export function parseOptions(value: unknown): FieldOption[] {
  return parse(optionsSchema, value, 'options')
}

/** Throws with the place and the reason when `value` is not a list of issues. */
export function parseIssues(value: unknown, method: 'check' | 'refine'): CheckIssue[] {
  return parse(issuesSchema, value, method) as CheckIssue[]
}

/** Throws with the place and the reason when `value` is not a result of a delivery. */
export function parseDelivered(value: unknown): DeliverResult | undefined {
  return value === undefined ? undefined : (parse(deliveredSchema, value, 'deliver') as DeliverResult)
}

/** Throws with the place and the reason when `value` is not a request. */
export function parseRequest(value: unknown): ConnectorRequest {
  return parse(requestSchema, value, 'buildRequest') as ConnectorRequest
}

/** Throws with the place and the reason when `value` is not a classification. */
export function parseClassification(value: unknown): Classification | undefined {
  return value === undefined ? undefined : (parse(classificationSchema, value, 'classify') as Classification)
}

function parse<T>(schema: z.ZodType<T>, value: unknown, method: string): T {
  if (value instanceof Promise) {
    // Whatever becomes of it is nobody's any more.
    value.catch(() => undefined)
    throw new Error(`${method} returned a promise; it has to be synchronous`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${method} returned nonsense: ${[...issue!.path.map(String), issue!.message].join(': ')}`)
}
