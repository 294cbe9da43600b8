import { z } from 'zod'
import { CONNECTOR_API_VERSION, type ConnectorDefinition, connectorCategories } from './define-connector.ts'

/** A package may bring a zod of its own. */
const schema = z.custom<z.ZodType>((value) => Object(value)._zod !== undefined, 'is a schema of zod 4')
const method = z.custom((value) => typeof value === 'function', 'is a function')

const shape = z.object({
  apiVersion: z.literal(CONNECTOR_API_VERSION, {
    error: `is ${CONNECTOR_API_VERSION}, the version of the SDK that this Postrider has`,
  }),
  key: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'is lower-case letters, digits and dashes, a letter first'),
  version: z.string().regex(/^[1-9]\d{0,8}\.\d+\.\d+/, 'is a semantic version from 1.0.0 on'),
  displayName: z.string().min(1),
  description: z.string().min(1),
  category: z.enum(connectorCategories),
  config: schema,
  credentials: schema.optional(),
  rateLimit: z.int().min(1).max(10_000).optional(),
  refine: method.optional(),
  sendsCredentialsTo: method.optional(),
  target: method,
  buildRequest: method,
  classify: method.optional(),
  deliver: method.optional(),
  check: method.optional(),
  options: z.record(z.string(), method).optional(),
  onCreate: method.optional(),
  onDelete: method.optional(),
  migrate: z.record(z.string().regex(/^[1-9]\d*$/, 'is the major that it leads from'), method).optional(),
  samples: z
    .object({
      config: z.unknown(),
      credentials: z.unknown().optional(),
      rejects: z.array(z.object({ path: z.array(z.string()) })),
      responses: z
        .array(z.object({ name: z.string(), response: z.object({ statusCode: z.int() }), kind: z.string() }))
        .optional(),
    })
    .optional(),
})

/** Throws with the place and the reason when `value` is not a connector. */
export function parseDefinition(value: unknown): ConnectorDefinition {
  const parsed = shape.safeParse(value)
  if (parsed.success) return value as ConnectorDefinition
  const issue = parsed.error.issues[0]!
  throw new Error(`The default export is no connector: ${issue.path.join('.') || 'it'}: ${issue.message}`)
}
