import { AttemptFeedRefused } from '../client/attempt-feed.ts'
import { RequestFailed } from '../client/request.ts'
import { SubscriptionFailed } from '../client/subscription-failed.ts'
import { EXIT } from './exit-code.ts'

/** The command was called wrongly, in a way that only its action can tell. */
export class WrongUsage extends Error {}

/** No key was given, or the one that was found on this machine is not the server's. */
export class KeyMissing extends Error {}

/** Something that the command needs cannot be used: a server, a database, a file. */
export class Unusable extends Error {
  constructor(what: string, cause: unknown) {
    super(`${what}: ${reasonOf(cause)}`, { cause })
  }
}

export interface Problem {
  readonly path?: readonly string[] | null | undefined
  readonly message: string
}

/** What the server refused: userErrors, or something of that name that does not exist. */
export class CallRefused extends Error {
  readonly problems: readonly Problem[]

  constructor(...problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('; '))
    this.problems = problems
  }
}

export function throwIfRefused(userErrors: readonly Problem[]): void {
  if (userErrors.length > 0) throw new CallRefused(...userErrors)
}

export interface Failure {
  readonly exitCode: number
  readonly lines: readonly string[]
}

/** How a command ends that threw this; undefined for what nobody expects. */
export function explainFailure(error: unknown): Failure | undefined {
  if (error instanceof SuppressedError) return joinFailures(error.suppressed, error.error)
  if (error instanceof CallRefused) return { exitCode: EXIT.refused, lines: error.problems.map(describeProblem) }
  if (error instanceof RequestFailed) return { exitCode: exitCodeOf(error.codes), lines: [error.message] }
  if (error instanceof AttemptFeedRefused) return { exitCode: exitCodeOf([error.code]), lines: [error.message] }
  if (error instanceof SubscriptionFailed) return { exitCode: exitCodeOf([error.code ?? '']), lines: [error.message] }
  if (error instanceof WrongUsage) return { exitCode: EXIT.usage, lines: [error.message] }
  if (error instanceof KeyMissing) return { exitCode: EXIT.unauthorized, lines: [error.message] }
  if (error instanceof Unusable) return { exitCode: EXIT.failed, lines: [error.message] }
  return undefined
}

/** What failed, and then what failed while that was tidied up. */
function joinFailures(first: unknown, second: unknown): Failure | undefined {
  const [one, other] = [explainFailure(first), explainFailure(second)]
  return one && other && { exitCode: one.exitCode, lines: [...one.lines, ...other.lines] }
}

const UNAUTHORIZED = new Set(['UNAUTHENTICATED', 'FORBIDDEN'])
const REFUSED = new Set(['BAD_USER_INPUT', 'QUERY_TOO_COMPLEX'])

/** Of extensions.code: see errorCodes in api/mask-error.ts. */
function exitCodeOf(codes: readonly string[]): number {
  if (codes.some((code) => UNAUTHORIZED.has(code))) return EXIT.unauthorized
  return codes.some((code) => REFUSED.has(code)) ? EXIT.refused : EXIT.failed
}

/** `input` is the API's own wrapping, and says nothing to a person who types a command. */
function describeProblem({ path, message }: Problem): string {
  const field = path?.slice(path[0] === 'input' ? 1 : 0).join('.')
  return field ? `${field}: ${message}` : message
}

/** fetch says "fetch failed", and keeps why to itself. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (cause instanceof Error) return cause.message || (cause as NodeJS.ErrnoException).code || error.message
  return error.message
}
