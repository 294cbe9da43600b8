import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ConnectorDefinition } from '../connector/define-connector.ts'
import type { Outbound } from '../outbound/outbound.ts'

/** Stands for the service of a connector, whatever its host: answers each request with its first success. */
export interface Service extends AsyncDisposable {
  /** How many requests came. */
  received(): number
  /** Sends whatever goes out here instead. The guard looks at where it would have gone. */
  readonly redirect: (outbound: Outbound) => Outbound
}

export async function startService({ samples }: ConnectorDefinition): Promise<Service> {
  const answer = samples?.responses?.find(({ kind }) => kind === 'success')?.response
  let received = 0
  const server = createServer((request, response) => {
    received++
    request
      .resume()
      .on('end', () => response.writeHead(answer?.statusCode ?? 200, answer?.headers).end(answer?.body ?? ''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    received: () => received,
    redirect: (outbound) => ({
      ...outbound,
      async send(request, options) {
        const message = outbound.urlProblem(request.url, options)
        if (message) return { kind: 'failure', failure: 'URL_NOT_ALLOWED', message, durationMs: 0 }
        const { pathname, search } = new URL(request.url)
        const url = `http://127.0.0.1:${port}${pathname}${search}`
        return outbound.send({ ...request, url }, { ...options, httpsOnly: false })
      },
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
