import { validateHeaderName, validateHeaderValue } from 'node:http'

/** One HTTP request, as a connector builds it. */
export interface OutboundRequest {
  /** An HTTP method in capitals; CONNECT is refused. */
  readonly method: string
  readonly url: string
  /** Host, Content-Length and the headers of the connection are set here and refused there. */
  readonly headers: Record<string, string>
  readonly body?: string | Uint8Array
}

/** A request that can't be put on the wire: a mistake of the connector that built it. The message holds no values. */
export class OutboundRequestInvalid extends Error {
  override readonly name = 'OutboundRequestInvalid'
}

/**
 * Throws OutboundRequestInvalid. All that undici would refuse must be refused here: a request that undici refuses
 * (8.12) takes a connection of its pool out of use for good. A Host header would also change SNI.
 */
export function assertSendable({ method, headers }: OutboundRequest): void {
  if (!/^[A-Z]{1,20}$/.test(method) || method === 'CONNECT') {
    throw new OutboundRequestInvalid('The request has an unknown method')
  }
  for (const name in headers) {
    if (refusedHeaders.has(name.toLowerCase())) throw new OutboundRequestInvalid(`The header ${name} can't be set`)
    try {
      validateHeaderName(name)
      validateHeaderValue(name, headers[name]!)
    } catch {
      throw new OutboundRequestInvalid(`The header ${JSON.stringify(name)} is not valid`)
    }
  }
}

const refusedHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
