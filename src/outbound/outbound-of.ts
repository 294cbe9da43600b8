import type { Id } from '../domain/id.ts'
import { createOutbound, type Outbound, type OutboundOptions } from './outbound.ts'

/** The guarded client for an application's destinations. */
export type OutboundOf = (applicationId: Id<'app'>) => Outbound

export interface OutboundOfOptions extends OutboundOptions {
  /** The application whose destinations reach this machine as well. Undefined: none. */
  readonly loopbackFor: Id<'app'> | undefined
  /** Where our own server takes POST /listen, which every destination may call. Undefined: nowhere internal. */
  readonly listen: { readonly host: string; readonly port: number } | undefined
  /** Around every client. */
  readonly wrap: (outbound: Outbound) => Outbound
}

const LOOPBACK = ['127.0.0.1/32', '::1/128']

/** The guarded clients of a process: one for all applications, and one that reaches this machine where something may. */
export function createOutboundOf({ loopbackFor, listen, wrap, ...options }: OutboundOfOptions) {
  const opened = new AsyncDisposableStack()
  const open = (allow: readonly string[]) => opened.use(wrap(createOutbound({ ...options, allow })))
  const guarded = open(options.allow)
  const local = loopbackFor || listen ? open([...options.allow, ...LOOPBACK]) : guarded
  const usual = listen ? withOwnListen(guarded, local, listen) : guarded
  const outboundOf: OutboundOf = (applicationId) => (applicationId === loopbackFor ? local : usual)
  return { outboundOf, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** Calls of exactly that URL go out by `local`: it answers all the same, and keeps nothing. */
function withOwnListen(
  guarded: Outbound,
  local: Outbound,
  { host, port }: { readonly host: string; readonly port: number },
): Outbound {
  const hosts = [host.includes(':') ? `[${host}]` : host, 'localhost']
  const isOwnListen = (text: string) => {
    const url = URL.parse(text)
    if (url?.protocol !== 'http:' || Number(url.port || 80) !== port) return false
    return hosts.includes(url.hostname) && url.pathname === '/listen' && url.search === ''
  }
  const clientFor = (url: string) => (isOwnListen(url) ? local : guarded)
  return {
    ...guarded,
    send: (request, options) => clientFor(request.url).send(request, options),
    urlProblem: (url, options) => clientFor(url).urlProblem(url, options),
  }
}
