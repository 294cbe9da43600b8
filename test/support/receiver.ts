import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The raw body. */
  readonly body: string
}

/** How a request is answered: a status, or anything that ends the response in its own way. */
export type Answer = number | ((response: ServerResponse, request: ReceivedRequest) => void)

export interface Receiver extends AsyncDisposable {
  readonly url: string
  /** All requests so far, in the order of their arrival. */
  readonly requests: readonly ReceivedRequest[]
  /** Resolves with the n-th request (the first is 1) as soon as it is there. */
  request(n: number): Promise<ReceivedRequest>
}

/** A customer's server on loopback. `answer` is asked for each request; default: 200. */
export async function startReceiver(
  answer: (request: ReceivedRequest, n: number) => Answer = () => 200,
): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const waiting = new Map<number, (request: ReceivedRequest) => void>()
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const { method = '', url = '', headers } = incoming
    const request = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') }
    const n = requests.push(request)
    const answered = answer(request, n)
    if (typeof answered === 'number') response.writeHead(answered).end()
    else answered(response, request)
    waiting.get(n)?.(request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    request: (n) =>
      new Promise((resolve) => {
        const there = requests[n - 1]
        if (there) resolve(there)
        else waiting.set(n, resolve)
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
