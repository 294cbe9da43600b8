import type { Host } from '../connector/define-connector.ts'
import type { Outbound, SendOptions } from './outbound.ts'

const MAX_BODY_BYTES = 1_024 * 1_024

/** Statuses that a Response has no body with. */
const WITHOUT_BODY = new Set([204, 205, 304])

/** WHATWG fetch over the guarded client, for connectors and the vendors' SDKs that they bring. */
export function createHostFetch(outbound: Outbound, options: Omit<SendOptions, 'keptBytes'>): Host['fetch'] {
  return async (input, init) => {
    const request = new Request(input, init)
    request.signal.throwIfAborted()
    const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined
    const result = await outbound.send(
      {
        method: request.method,
        url: request.url,
        // Nothing is inflated here.
        headers: { ...Object.fromEntries(request.headers), 'accept-encoding': 'identity' },
        ...(body && { body }),
      },
      { ...options, keptBytes: MAX_BODY_BYTES },
    )
    if (result.kind === 'failure') throw new TypeError(result.message)
    if (result.truncated) throw new TypeError('The answer is over 1 MiB')
    const { statusCode, headers } = result
    return new Response(WITHOUT_BODY.has(statusCode) ? null : result.body, {
      status: statusCode,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    })
  }
}
