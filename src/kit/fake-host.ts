import type { Socket } from 'node:net'
import type { DestinationHost } from '../connector/define-connector.ts'
import { originOf } from '../connector/secrets-go-to.ts'
import { SendFailure } from '../outbound/failure.ts'

/** A host without a network: the service cannot be reached, hangs, or answers each request with the same. */
export type Service =
  | { readonly fails: SendFailure }
  | { readonly hangs: true }
  | { readonly answers: { readonly statusCode: number; readonly body: string; readonly type: string } }

export interface FakeHost {
  readonly host: DestinationHost
  /** How often the service was asked. */
  asked(): number
  /** Whether a socket was asked for. */
  connected(): boolean
  /** The servers that were asked for, as URLs without a path. */
  reached(): readonly string[]
  /** The time is up. */
  end(): void
}

export const refusedFailure = new SendFailure('CONNECTION', 'The connection was refused')
export const tlsFailure = new SendFailure('TLS', "The certificate does not fit the host's name")

export function fakeHost(service: Service): FakeHost {
  const ending = new AbortController()
  const { signal } = ending
  let count = 0
  let isConnected = false
  const servers: string[] = []
  const untilAborted = (...signals: (AbortSignal | null | undefined)[]) =>
    new Promise<never>((_, reject) => {
      const any = AbortSignal.any([signal, ...signals.filter((one) => one != null)])
      any.addEventListener('abort', () => reject(any.reason), { once: true })
      if (any.aborted) reject(any.reason)
    })
  const host: DestinationHost = {
    async fetch(input, init) {
      count++
      servers.push(originOf(input instanceof Request ? input.url : String(input)))
      if ('hangs' in service) return untilAborted(init?.signal)
      if ('fails' in service) throw new TypeError(service.fails.message, { cause: service.fails })
      const { statusCode, body, type } = service.answers
      // As fetch does, it refuses anything that is not a request.
      void new Request(input, init)
      return new Response(body, { status: statusCode, headers: { 'content-type': type } })
    },
    async connect({ hostname, port, tls }): Promise<Socket> {
      count++
      servers.push(`${tls ? 'tls' : 'tcp'}://${hostname}:${port}`)
      isConnected = true
      if ('hangs' in service) return untilAborted()
      throw 'fails' in service ? service.fails : new SendFailure('CONNECTION', 'The connection was closed')
    },
    signal,
    remember: (_, make) => make(),
    share: async (open) => (await open(() => undefined)).value,
  }
  const end = () => ending.abort(new SendFailure('TIMEOUT', 'The time is up'))
  return { host, asked: () => count, connected: () => isConnected, reached: () => servers, end }
}
