import { z } from 'zod'
import { identifier, line, prose, withCode } from '../domain/parse-input.ts'
import { compileFilter, compileTransform, ExpressionInvalid } from '../evaluate/expression.ts'
import { destinationOrderings } from '../store/destination.ts'
import { headersSchema } from './custom-headers.ts'
import { secretSchema } from './signing-secret.ts'

// The settings of a destination that its customer chooses. Each is one line of the table below, from which the inputs of a
// create and of an update follow. stored-settings.ts has those that are not stored as they are given.

const MAX_SUBSCRIPTIONS = 200

const settings = {
  label: required(line(200)),
  description: clearable(prose(2_000), null),
  headers: clearable(headersSchema, []),
  eventTypes: clearable(z.array(z.string()).max(MAX_SUBSCRIPTIONS, `holds at most ${MAX_SUBSCRIPTIONS} entries`), []),
  filter: clearable(expression(compileFilter), null),
  transform: clearable(expression(compileTransform), null),
  ordering: lasting(z.enum(destinationOrderings), 'ANY'),
  /** Requests a second; null means as many as the connector's service takes. */
  rateLimit: clearable(
    z.int().min(1, 'is at least 1 request a second').max(10_000, 'is at most 10000 requests a second'),
    null,
  ),
  active: lasting(z.boolean(), true),
  /** Config and credentials are checked by the connector's own schemas; see connector-settings.ts. */
  config: { create: z.unknown(), update: z.unknown().optional() },
  credentials: { create: z.unknown().optional(), update: z.unknown().optional() },
}

/** The rules of the two expressions alone: a preview takes them without storing them. */
export const expressionsSchema = z.object({ filter: settings.filter.update, transform: settings.transform.update })

export const createSchema = z.object({
  ...rulesFor('create'),
  organizationId: z.string(),
  connector: z.string(),
  key: identifier(100)
    .regex(/^[A-Za-z0-9._-]+$/, 'holds letters, digits, dots, dashes and underscores')
    .nullish(),
  /** Undefined means a new one; null means that requests are not signed. */
  signingSecret: secretSchema.nullish(),
})

/** Undefined leaves a setting as it is. */
export const updateSchema = z.object({
  ...rulesFor('update'),
  id: z.string(),
  expectedVersion: z.number().nullish(),
})

export type DestinationCreate = z.input<typeof createSchema>
export type DestinationUpdate = z.input<typeof updateSchema>

/** Settings that have passed their rules: all of a new destination's, or those that an update gives. */
export type DestinationSettings = Omit<z.output<typeof updateSchema>, 'id' | 'expectedVersion'>

/** A setting that a new destination must be given. In an update null leaves it as it is. */
function required<R extends z.ZodType>(rule: R) {
  return { create: rule, update: rule.nullish().transform((given) => given ?? undefined) }
}

/** A setting that always has a value. In an update null leaves it as it is. */
function lasting<R extends z.ZodType, I extends z.output<R>>(rule: R, initial: I) {
  return {
    create: rule.nullish().transform((given) => given ?? initial),
    update: rule.nullish().transform((given) => given ?? undefined),
  }
}

/** A setting that is `empty` until it is given, and that null makes empty again. */
function clearable<R extends z.ZodType, E extends null | []>(rule: R, empty: E) {
  return {
    create: rule.nullish().transform((given) => given ?? empty),
    update: rule.nullish().transform((given) => (given === null ? empty : given)),
  }
}

function expression(compile: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      compile(text)
    } catch (error) {
      if (!(error instanceof ExpressionInvalid)) throw error
      context.addIssue({ code: 'custom', ...withCode('EXPRESSION_INVALID', error.message) })
    }
  })
}

function rulesFor<V extends 'create' | 'update'>(verb: V) {
  const rules = Object.entries(settings).map(([name, of]) => [name, of[verb]])
  return Object.fromEntries(rules) as { [S in keyof typeof settings]: (typeof settings)[S][V] }
}
