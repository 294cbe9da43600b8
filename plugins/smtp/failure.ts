import type { DeliverResult } from 'postrider/connector'

/** What nodemailer says went wrong. */
export interface SmtpError extends Error {
  /** Where it went wrong, such as EAUTH or ETLS. */
  readonly code?: string
  /** What the system or OpenSSL called it. */
  readonly originalCode?: string
  /** RFC 5321, section 4.2. */
  readonly responseCode?: number
  readonly response?: string
}

/** The meaning of a refusal. Undefined where the server has not said anything that is one. */
export function verdictOf(error: SmtpError): DeliverResult | undefined {
  const { responseCode: statusCode, response = '' } = error
  if (statusCode === undefined || statusCode < 400 || error.code === 'ETLS') return undefined
  const answer = { response: { statusCode, body: response } }
  if (statusCode < 500) return { kind: 'retry', reason: `The mail server asks for patience: ${response}`, ...answer }
  // RFC 4954, section 6: 530 authentication required, 534 and 535 it failed, 538 it needs encryption.
  if (error.code === 'EAUTH' || [530, 534, 535, 538].includes(statusCode)) {
    const reason = `The mail server did not accept user and password: ${response}`
    return { kind: 'disable', because: 'CREDENTIALS_REJECTED', reason, ...answer }
  }
  return { kind: 'fail', reason: `The mail server refused the message: ${response}`, ...answer }
}

/** What is wrong with the way to the server, in words for the person who set it up. */
export function connectionProblem(error: SmtpError): string {
  const { code, originalCode = '', response } = error
  if (isCertificateProblem(originalCode))
    return `The certificate of the mail server was not accepted (${originalCode}): it has to be valid for its host name, and of a public authority`
  if (code === 'ETLS' && response) return `The mail server does not offer STARTTLS: ${response}`
  if (code === 'ETLS') return 'The TLS connection to the mail server could not be set up'
  if (code === 'EAUTH') return 'The mail server offers no way to log in that is known here'
  if (code === 'EPROTOCOL') return 'What answers on this port is no mail server'
  if (code === 'ECONNECTION') return 'The mail server closed the connection'
  return `The mail server could not be talked to: ${error.message}`
}

export function isCertificateProblem(code: string): boolean {
  return code.includes('CERT') || code.startsWith('UNABLE_TO_')
}
