import { RE2JS } from '@bufbuild/re2'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Problem } from '../domain/refused.ts'

/** The errors of a payload; none when it fits. */
export type PayloadCheck = (data: unknown) => readonly ErrorObject[]

const MAX_PROBLEMS = 20

/** The time that a pattern takes grows as the text does, and no faster, whatever the pattern is. */
const linear = Object.assign((pattern: string) => RE2JS.compile(re2Of(pattern)), { code: 'RE2JS.compile' })

/** A pattern of ECMAScript in the syntax of RE2, which has all but look-arounds and references back. */
function re2Of(pattern: string): string {
  return pattern.replaceAll(/\\\\|\\u\{?([0-9a-fA-F]+)\}?|\\\//g, (part, code?: string) => {
    if (code) return `\\x{${code}}`
    return part === '\\/' ? '/' : part
  })
}

const OPTIONS = { strict: false, validateFormats: true, logger: false, code: { regExp: linear } } as const

/** Says what a JSON Schema is. Compiled once: it takes forty times as long as a small schema. */
const metaSchema = new Ajv2020({ ...OPTIONS, allErrors: true })

/** Compiles what says what a schema is, which must not be broken off: a time limit would leave half of it behind for good. */
export function compileMetaSchema(): void {
  metaSchema.validateSchema({}, true)
}

/** Compiles a JSON Schema (2020-12). Throws with a readable message when it is none. */
export function compilePayloadSchema(schema: Record<string, unknown>): PayloadCheck {
  metaSchema.validateSchema(schema, true)
  // One for each schema: it keeps whatever it compiles, and the ids in it.
  const ajv = new Ajv2020({ ...OPTIONS, allErrors: true, validateSchema: false })
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
