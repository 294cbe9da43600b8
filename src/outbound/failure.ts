/** Why there is no whole answer. ABORTED is our doing (shutdown) and no fault of the receiver. */
export type FailureCode = 'TIMEOUT' | 'CONNECTION' | 'TLS' | 'DNS' | 'URL_NOT_ALLOWED' | 'ABORTED'

/**
 * A failure told in our words. What node and undici say holds resolved addresses and, in HTTPParserError.data, bytes of
 * a service that is none of the tenant's: it never leaves this folder. No `code` here: undici dials again, without
 * end, on some.
 */
export class SendFailure extends Error {
  override readonly name = 'SendFailure'
  readonly failure: FailureCode
  constructor(failure: FailureCode, message: string) {
    super(message)
    this.failure = failure
  }
}

/** The deadline of the send has passed. */
export function timeoutFailure(timeoutMs: number): SendFailure {
  return new SendFailure('TIMEOUT', `No answer within ${timeoutMs.toLocaleString('en-US')} ms`)
}

/** We have cut it. */
export function abortedFailure(): SendFailure {
  return new SendFailure('ABORTED', 'The request was cut because Postrider is stopping')
}

/** The peer has dropped the connection. */
export function resetFailure(): SendFailure {
  return new SendFailure('CONNECTION', 'Connection reset')
}

/** What went wrong on the socket or in the answer. */
export function failureOf(error: unknown): SendFailure {
  if (error instanceof SendFailure) return error
  const code = codeOf(error)
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return abortedFailure()
  if (isProtocolBreach(error)) return new SendFailure('CONNECTION', notHttp)
  const message = connectionMessages[code]
  if (message !== undefined) return new SendFailure('CONNECTION', message)
  return new SendFailure('CONNECTION', withCode('The connection failed', code))
}

/** What went wrong while TLS was being set up. */
export function tlsFailureOf(error: unknown): SendFailure {
  const code = codeOf(error)
  if (error instanceof SendFailure || code === 'ECONNRESET' || code === 'EPIPE') return failureOf(error)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new SendFailure('TLS', withCode('The certificate is not valid for this host', code))
  }
  if (code === 'CERT_HAS_EXPIRED') return new SendFailure('TLS', withCode('The certificate has expired', code))
  if (code.includes('SELF_SIGNED')) return new SendFailure('TLS', withCode('The certificate is self-signed', code))
  if (code.includes('CERT') || code.startsWith('UNABLE_TO_')) {
    return new SendFailure('TLS', withCode('The certificate could not be verified', code))
  }
  return new SendFailure('TLS', withCode('The TLS connection could not be set up', code))
}

/** What went wrong while the name was being looked up. */
export function dnsFailureOf(error: unknown): SendFailure {
  if (error instanceof SendFailure) return error
  const isSilent = codeOf(error) === 'ETIMEOUT'
  return new SendFailure('DNS', isSilent ? 'The name servers did not answer' : 'The name could not be resolved')
}

const notHttp = 'The answer was not HTTP'
const closedEarly = 'The connection was closed before the answer was complete'

const connectionMessages: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset',
  EPIPE: 'Connection reset',
  EHOSTUNREACH: 'The host could not be reached',
  ENETUNREACH: 'The host could not be reached',
  EADDRNOTAVAIL: 'The host could not be reached',
  ETIMEDOUT: 'The host did not answer',
  UND_ERR_SOCKET: closedEarly,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: closedEarly,
  UND_ERR_HEADERS_OVERFLOW: 'The headers of the answer are too large',
}

/** undici's parser errors, which come without a code, and its words for a 100 or 101 that nobody asked for. */
function isProtocolBreach(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'HTTPParserError' || error.message === 'bad response' || error.message === 'bad upgrade'
}

function withCode(sentence: string, code: string): string {
  return code === '' ? sentence : `${sentence} (${code})`
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : ''
}
