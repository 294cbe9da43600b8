import { z } from 'zod'
import { type Problem, type ProblemCode, Refused } from './refused.ts'

/** What the caller gave, narrowed; a Refused naming each field that does not fit. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw new Refused(
    ...parsed.error.issues.map(
      (issue): Problem => ({
        code: codeOf(issue),
        message: issue.message,
        path: ['input', ...issue.path.map(String)],
      }),
    ),
  )
}

function codeOf(issue: z.core.$ZodIssue): ProblemCode {
  if (issue.code === 'custom' && issue.params?.code) return issue.params.code
  return issue.code === 'invalid_type' && issue.input === undefined ? 'REQUIRED' : 'INVALID'
}

/** Parameters of a zod refinement whose Problem has another code than INVALID. */
export function withCode(code: ProblemCode, message: string): { message: string; params: { code: ProblemCode } } {
  return { message, params: { code } }
}

/** A label with line breaks spoils every list it stands in. */
const NO_CONTROL = /^[^\p{Cc}\p{Cs}]*$/u

/** Postgres text holds no NUL, and half a surrogate pair would come back as another character. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed()
}

/** Somebody else's identifier: it must come back letter for letter, so nothing is trimmed. */
export function identifier(maxLength: number) {
  return z
    .string()
    .min(1, 'is at least 1 character long')
    .max(maxLength, `is at most ${maxLength} characters long`)
    .regex(NO_CONTROL, 'holds no control characters and no half surrogate pairs')
}

/** A short text for people: a name, a label. */
export function line(maxLength: number) {
  return z.string().trim().pipe(identifier(maxLength))
}

/** A text of several lines. */
export function prose(maxLength: number) {
  return z
    .string()
    .max(maxLength, `is at most ${maxLength} characters long`)
    .refine(isStorable, 'holds no NUL characters and no half surrogate pairs')
}
