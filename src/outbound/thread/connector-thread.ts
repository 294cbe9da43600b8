import { setDefaultCACertificates } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'
import type { ConnectorDefinition } from '../../connector/define-connector.ts'
import { provideSdk } from '../../connector/provide-sdk.ts'
import { createOutbound, type Outbound } from '../outbound.ts'
import { createPeer } from './peer.ts'
import { callMethod } from './run-method.ts'
import type { ProcessSide, ThreadData, ThreadSide } from './sides.ts'
import { createThreadHosts } from './thread-host.ts'
import { whereThrown } from './where-thrown.ts'

// The thread of one connector: runs its methods when the process asks. What it throws in a later turn ends the thread alone.

const { moduleUrl, proxy } = workerData as ThreadData
provideSdk()
const definition: ConnectorDefinition = (await import(moduleUrl)).default

const side: ThreadSide = {
  run: (call, signal) => callMethod(definition, call, hosts.of(call, signal)),
  make: (id) => hosts.make(id),
  open: (opening) => hosts.open(opening),
  close: (shareId) => hosts.close(shareId),
  trust: setDefaultCACertificates,
  ping: () => undefined,
}
const outbounds = new Map<string, Outbound>()
const owner = createPeer<ProcessSide, ThreadSide>(parentPort!, side)
const hosts = createThreadHosts(owner, outboundFor)

// Nothing is half done because of it: what waited for that promise has its time limit.
process.on('unhandledRejection', (reason) => void owner.call('unhandled', whereThrown(reason)).catch(() => undefined))
await owner.call('ready', undefined)

/** As many as the process has: one for most applications, one for the demo's. */
function outboundFor(allow: readonly string[]): Outbound {
  const key = allow.join()
  const known = outbounds.get(key)
  if (known) return known
  const made = createOutbound({ allow, proxy, resolve: (name, signal) => owner.call('resolve', name, signal) })
  outbounds.set(key, made)
  return made
}
