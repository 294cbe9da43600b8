import { messageOf } from '../../domain/message-of.ts'
import { type FailureCode, SendFailure } from '../failure.ts'
import { failureBeneath } from '../host.ts'

/** An error on its way to another thread: what callers tell errors apart by, and nothing of what it holds besides. */
export interface WireError {
  readonly name: string
  readonly message: string
  /** The failure of the network beneath it. */
  readonly failure: { readonly code: FailureCode; readonly message: string } | undefined
}

/** Characters. Some libraries say all that a server has sent. */
const MAX_MESSAGE_LENGTH = 10_000

export function toWire(error: unknown): WireError {
  const failure = failureBeneath(error)
  return {
    name: error instanceof Error ? error.name : 'Error',
    message: messageOf(error).slice(0, MAX_MESSAGE_LENGTH),
    failure: failure && { code: failure.failure, message: failure.message },
  }
}

export function fromWire({ name, message, failure }: WireError): Error {
  const cause = failure && new SendFailure(failure.code, failure.message)
  if (cause && name === cause.name) return cause
  // The type that fetch rejects with, by which the SDKs of vendors know that nothing was answered.
  if (name === 'TypeError') return new TypeError(message, { cause })
  const error = new Error(message, { cause })
  error.name = name
  return error
}
