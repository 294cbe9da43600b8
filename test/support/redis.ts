import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Redis } from 'ioredis'
import type { Certificate } from './certificate.ts'
import { freePort } from './free-port.ts'
import { end, follow, temporaryFolder } from './process.ts'

/** A Redis of its own on loopback, which keeps what it has when it is stopped. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  readonly tlsPort: number
  /** Of the default user. */
  readonly password: string
  /** As an operator or a consumer sees it. */
  readonly client: Redis
  start(): Promise<void>
  stop(): Promise<void>
}

export async function startRedis({ cert, key }: Certificate): Promise<RedisServer> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await temporaryFolder()).path
  const [port, tlsPort] = [await freePort(), await freePort()]
  const password = 'password-of-the-server'
  const [certFile, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')]
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)])
  const plain = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--requirepass', password]
  const tls = ['--tls-port', String(tlsPort), '--tls-cert-file', certFile, '--tls-key-file', keyFile]
  let child: ReturnType<typeof spawn> | undefined
  const stop = async () => {
    if (child) await end(child, 'SIGTERM')
  }
  starting.defer(stop)
  const start = async () => {
    const args = [...plain, ...tls, '--tls-auth-clients', 'no', '--appendonly', 'yes']
    child = spawn('redis-server', args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    await follow(child).said('Ready to accept connections')
  }
  await start()
  const client = new Redis({ host: '127.0.0.1', port, password, retryStrategy: () => 50 })
  client.on('error', () => undefined)
  starting.defer(() => client.disconnect())
  const started = starting.move()
  return { port, tlsPort, password, client, start, stop, [Symbol.asyncDispose]: () => started.disposeAsync() }
}
