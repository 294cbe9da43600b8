import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Problem } from './refused.ts'

/** The errors of a payload; none when it fits. */
export type PayloadCheck = (data: unknown) => readonly ErrorObject[]

const MAX_PROBLEMS = 20

const OPTIONS = { allErrors: true, strict: false, validateFormats: true, logger: false } as const

/** Says what a JSON Schema is. Compiled once: it takes forty times as long as a small schema. */
const metaSchema = new Ajv2020(OPTIONS)

/** Compiles a JSON Schema (2020-12). Throws with a readable message when it is none. */
export function compilePayloadSchema(schema: Record<string, unknown>): PayloadCheck {
  metaSchema.validateSchema(schema, true)
  // One for each schema: it keeps whatever it compiles, and the ids in it.
  const ajv = new Ajv2020({ ...OPTIONS, validateSchema: false })
  addFormats.default(ajv)
  const validate = ajv.compile(schema)
  // Ajv's own extension: its answer would be a promise, which everything passes.
  if ('$async' in validate) throw new Error('$async is not taken')
  return (data) => (validate(data) ? [] : (validate.errors ?? []).slice(0, MAX_PROBLEMS))
}

/** How `data`, given at `path`, breaks the schema; none when there is no schema. */
export function payloadProblems(check: PayloadCheck | undefined, data: unknown, path: readonly string[]): Problem[] {
  return (check?.(data) ?? []).map((error) => {
    const where = error.instancePath ? ` at ${error.instancePath}` : ''
    const extra = error.keyword === 'additionalProperties' ? ` ("${error.params.additionalProperty}")` : ''
    return {
      code: 'PAYLOAD_INVALID',
      message: `breaks the event type's schema${where}: ${error.message ?? error.keyword}${extra}`,
      path,
      jsonPointer: error.instancePath,
    }
  })
}
