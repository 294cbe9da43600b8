import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/** Where and how a payload breaks its event type's schema. */
export interface PayloadProblem {
  /** RFC 6901: the place in the data; '' is the whole. */
  readonly jsonPointer: string
  readonly message: string
}

export type PayloadCheck = (data: unknown) => PayloadProblem[]

const MAX_PROBLEMS = 20

/** Compiles a JSON Schema (2020-12). Throws with a readable message when it is none. */
export function compilePayloadSchema(schema: Record<string, unknown>): PayloadCheck {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: true, logger: false })
  addFormats.default(ajv)
  const validate = ajv.compile(schema)
  return (data) => (validate(data) ? [] : (validate.errors ?? []).slice(0, MAX_PROBLEMS).map(problemOf))
}

function problemOf(error: ErrorObject): PayloadProblem {
  const extra = error.keyword === 'additionalProperties' ? ` ("${error.params.additionalProperty}")` : ''
  return { jsonPointer: error.instancePath, message: `${error.message ?? error.keyword}${extra}` }
}
