import { setDefaultCACertificates } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'
import type { ConnectorDefinition } from '../../connector/define-connector.ts'
import { provideSdk } from '../../connector/provide-sdk.ts'
import { createOutbound } from '../outbound.ts'
import { createPeer } from './peer.ts'
import { callMethod } from './run-method.ts'
import type { ProcessSide, ThreadData, ThreadSide } from './sides.ts'
import { createThreadHosts } from './thread-host.ts'
import { whereThrown } from './where-thrown.ts'

// The thread of one connector: runs its methods when the process asks. What it throws in a later turn ends the thread alone.

const { moduleUrl, allow, proxy } = workerData as ThreadData
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
const owner = createPeer<ProcessSide, ThreadSide>(parentPort!, side)
const outbound = createOutbound({ allow, proxy, resolve: (name, signal) => owner.call('resolve', name, signal) })
const hosts = createThreadHosts(owner, outbound)

// Nothing is half done because of it: what waited for that promise has its time limit.
process.on('unhandledRejection', (reason) => void owner.call('unhandled', whereThrown(reason)).catch(() => undefined))
await owner.call('ready', undefined)
