import { isIPv6, type Socket } from 'node:net'
import { resetFailure, SendFailure } from './failure.ts'

/** The forward proxy that every connection to a stranger goes through. */
export interface OutboundProxy {
  readonly host: string
  readonly port: number
  /** `Basic …`; undefined when the proxy asks for none. */
  readonly authorization: string | undefined
}

/** Thrown for POSTRIDER_OUTBOUND_PROXY that is none. The message holds no password. */
class OutboundProxyInvalid extends Error {
  override readonly name = 'OutboundProxyInvalid'
}

export function parseProxy(text: string): OutboundProxy {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' || !url.hostname || url.pathname !== '/' || url.search || url.hash) {
    throw new OutboundProxyInvalid('is a URL such as http://user:password@proxy.example:3128')
  }
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || 80,
    authorization: url.username ? `Basic ${Buffer.from(user).toString('base64')}` : undefined,
  }
}

const MAX_ANSWER_BYTES = 16_384

/**
 * Has the proxy connect to a vetted address (CONNECT, RFC 9110, section 9.3.6): to the address and not to the name, so that
 * the proxy looks nothing up that was not vetted. Rejects with a SendFailure; cutting the socket ends it.
 */
export function openTunnel(
  socket: Socket,
  proxy: OutboundProxy,
  { address, port }: { address: string; port: number },
): Promise<void> {
  const authority = `${isIPv6(address) ? `[${address}]` : address}:${port}`
  const lines = [`CONNECT ${authority} HTTP/1.1`, `host: ${authority}`]
  if (proxy.authorization) lines.push(`proxy-authorization: ${proxy.authorization}`)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let answer = Buffer.alloc(0)
  const onData = (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk])
    const end = answer.indexOf('\r\n\r\n')
    if (end < 0 && answer.length <= MAX_ANSWER_BYTES) return
    socket.off('data', onData)
    // The next reader begins behind the proxy's answer.
    socket.pause()
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer.subarray(0, 20).toString('latin1'))?.[1]
    if (end < 0 || !status?.startsWith('2')) return reject(refused(status))
    if (answer.length > end + 4) socket.unshift(answer.subarray(end + 4))
    resolve()
  }
  socket.on('data', onData)
  socket.once('close', () => reject(resetFailure()))
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return promise
}

function refused(status: string | undefined): SendFailure {
  return new SendFailure('CONNECTION', `The outbound proxy refused the connection${status ? ` (${status})` : ''}`)
}
