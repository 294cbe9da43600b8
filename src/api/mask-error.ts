import { unwrapResolverError } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql'
import { Unavailable } from '../domain/refused.ts'
import { isUnavailable } from '../store/sql.ts'

/** The values of extensions.code at the top level. Clients may branch on them; no others appear. */
const errorCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'GRAPHQL_VALIDATION_FAILED',
  'QUERY_TOO_COMPLEX',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
] as const
export type ErrorCode = (typeof errorCodes)[number]

export const NOT_AVAILABLE = 'Not available now; make the same call again'

/** HTTP status where the call as a whole is refused; what a single field refuses comes with 200. */
const httpStatus: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  QUERY_TOO_COMPLEX: 400,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
}

export function apiError(code: ErrorCode, message: string, headers?: Readonly<Record<string, string>>): GraphQLError {
  const status = httpStatus[code]
  const http = status && { status, ...(headers && { headers: new Map(Object.entries(headers)) }) }
  return new GraphQLError(message, { extensions: { code, ...(http && { http }) } })
}

/** Codes of Apollo's and graphql-js's own errors, under the names of ours. */
const own: Readonly<Record<string, ErrorCode>> = {
  ...Object.fromEntries(errorCodes.map((code) => [code, code])),
  GRAPHQL_PARSE_FAILED: 'GRAPHQL_VALIDATION_FAILED',
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_SUPPORTED: 'BAD_USER_INPUT',
}

/** In the words of graphql-js, which gives it no code. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more that \d+ tokens/

/**
 * What a client sees of an error. What the caller did wrong passes; an absent database is UNAVAILABLE; anything else
 * is ours, goes to `onInternal`, and shows as INTERNAL without a word of what happened.
 */
export function maskError(error: unknown, onInternal: (error: unknown) => void): GraphQLFormattedError {
  const shown = error instanceof GraphQLError ? error.toJSON() : { message: '' }
  const { locations, path } = shown
  const place = { ...(locations && { locations }), ...(path && { path }) }
  const cause = causeOf(error)
  if (cause instanceof Unavailable || isUnavailable(cause)) {
    return { ...place, message: NOT_AVAILABLE, extensions: { code: 'UNAVAILABLE' } }
  }
  const code = TOO_MANY_TOKENS.test(shown.message)
    ? 'QUERY_TOO_COMPLEX'
    : own[String(shown.extensions?.code ?? codeOfGraphqlJs(error, cause))]
  if (code && code !== 'INTERNAL') return { ...place, message: shown.message, extensions: { code } }
  onInternal(cause)
  return { ...place, message: 'Something went wrong on our side', extensions: { code: 'INTERNAL' } }
}

/** Apollo's unwraps what a field threw, and has a path; a subscription's iterator throws without one. */
function causeOf(error: unknown): unknown {
  const cause = unwrapResolverError(error)
  return cause instanceof GraphQLError && cause.originalError ? cause.originalError : cause
}

/**
 * graphql-js gives its errors no code. Those without cause and path are about the operation's text or variables; one
 * that points at an argument's value, and not at a field, came up when a field was given a variable that it cannot take.
 */
function codeOfGraphqlJs(error: unknown, cause: unknown): ErrorCode | undefined {
  if (!(error instanceof GraphQLError)) return undefined
  if (error.originalError === undefined && error.path === undefined) return 'GRAPHQL_VALIDATION_FAILED'
  const isOfArgument = cause instanceof GraphQLError && cause.nodes?.some((node) => node.kind !== Kind.FIELD)
  return isOfArgument ? 'BAD_USER_INPUT' : undefined
}
