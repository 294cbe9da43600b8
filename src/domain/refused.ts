/** Codes of what a caller did wrong, as the API shows them. */
export type ProblemCode =
  | 'INVALID'
  | 'REQUIRED'
  | 'NOT_FOUND'
  | 'TAKEN'
  | 'CONFLICT'
  | 'LIMIT_EXCEEDED'
  | 'URL_NOT_ALLOWED'
  | 'CONNECTOR_UNAVAILABLE'
  | 'CONFIG_INVALID'
  | 'CREDENTIALS_REJECTED'
  | 'PAYLOAD_INVALID'
  | 'EVENT_TYPE_UNKNOWN'
  | 'EXPRESSION_INVALID'
  | 'NOT_RETRYABLE'
  | 'NOT_STORED'

/** One thing that the caller can mend: which field, and why. */
export interface Problem {
  readonly code: ProblemCode
  readonly message: string
  /** The field, from the mutation's arguments down: ["input", "url"]. */
  readonly path: readonly string[]
  /** For payloads and connector settings: the place inside. */
  readonly jsonPointer?: string
}

/** Thrown by a verb that refused its input. Nothing was stored. */
export class Refused extends Error {
  readonly problems: readonly Problem[]

  constructor(...problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`).join('; '))
    this.name = 'Refused'
    this.problems = problems
  }
}

/** A refusal for one reason. */
export function refused(code: ProblemCode, message: string, path: readonly string[]): Refused {
  return new Refused({ code, message, path })
}

/** The refusal of a name or an id that leads to nothing. `what` is both the kind and the name: "organization org_123". */
export function notFound(what: string, path: readonly string[]): Refused {
  return refused('NOT_FOUND', `there is no ${what}`, path)
}

/** The database is away or overloaded: the same call may be made again. */
export class Unavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Unavailable'
  }
}
