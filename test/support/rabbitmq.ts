import { execFile, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { type ChannelModel, connect } from 'amqplib'
import type { Certificate } from './certificate.ts'
import { freePort } from './free-port.ts'
import { end, follow, temporaryFolder } from './process.ts'
import { RABBITMQ_SCRIPTS } from './tools.ts'

/** A broker of its own on loopback: own data, own Erlang name server. */
export interface RabbitMq extends AsyncDisposable {
  readonly port: number
  readonly tlsPort: number
  /** One that may do everything. */
  readonly user: string
  readonly password: string
  /** As a consumer or an operator sees it: a connection of the test's own, open until the broker ends. */
  connect(vhost?: string): Promise<ChannelModel>
  /** rabbitmqctl; resolves to what it prints. */
  control(...args: string[]): Promise<string>
  /** Resolves as soon as the broker's log has it this number of times. */
  logged(pattern: RegExp, times: number): Promise<void>
  /** How often the log has it. */
  timesLogged(pattern: RegExp): number
  start(): Promise<void>
  stop(): Promise<void>
}

export async function startRabbitMq(certificate: Certificate): Promise<RabbitMq> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await temporaryFolder()).path
  const [port = 0, tlsPort = 0, namesPort = 0, nodePort = 0] = await Promise.all([1, 2, 3, 4].map(freePort))
  const [user, password] = ['courier', 'password-of-the-courier']
  const environment = await prepare(folder, { certificate, port, tlsPort, namesPort, nodePort, user, password })
  const names = start('epmd', ['-port', String(namesPort), '-address', '127.0.0.1'], environment)
  starting.defer(async () => void (await end(names, 'SIGTERM')))
  let log = ''
  let broker: { child: ReturnType<typeof start>; output: ReturnType<typeof follow> } | undefined
  const stop = async () => {
    if (!broker) return
    await end(broker.child, 'SIGTERM')
    log += broker.output.text()
    broker = undefined
  }
  starting.defer(stop)
  const timesLogged = (pattern: RegExp) =>
    [...(log + (broker?.output.text() ?? '')).matchAll(new RegExp(pattern, 'g'))].length
  const rabbitMq: Omit<RabbitMq, typeof Symbol.asyncDispose> = {
    port,
    tlsPort,
    user,
    password,
    connect: async (vhost = '/') => {
      const model = await connect({ hostname: '127.0.0.1', port, username: user, password, vhost })
      model.on('error', () => undefined)
      return model
    },
    control: async (...args) => {
      const command = path.join(RABBITMQ_SCRIPTS, 'rabbitmqctl')
      return (await promisify(execFile)(command, ['-q', ...args], { env: environment })).stdout
    },
    logged: (pattern, times) =>
      broker!.output.when(() => timesLogged(pattern) >= times, `it logged ${pattern} ${times} times`),
    timesLogged,
    async start() {
      const child = start(path.join(RABBITMQ_SCRIPTS, 'rabbitmq-server'), [], environment)
      broker = { child, output: follow(child) }
      await broker.output.said('Server startup complete')
    },
    stop,
  }
  await rabbitMq.start()
  const started = starting.move()
  return { ...rabbitMq, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

interface Place {
  readonly certificate: Certificate
  readonly port: number
  readonly tlsPort: number
  readonly namesPort: number
  readonly nodePort: number
  readonly user: string
  readonly password: string
}

async function prepare(folder: string, place: Place) {
  const { certificate, port, tlsPort, namesPort, nodePort, user, password } = place
  const at = (name: string) => path.join(folder, name)
  await mkdir(at('home'))
  await writeFile(at('plugins'), '[].')
  await writeFile(at('cert.pem'), certificate.cert)
  await writeFile(at('key.pem'), certificate.key)
  await writeFile(
    at('rabbitmq.conf'),
    `listeners.tcp.local = 127.0.0.1:${port}
listeners.ssl.local = 127.0.0.1:${tlsPort}
ssl_options.certfile = ${at('cert.pem')}
ssl_options.keyfile = ${at('key.pem')}
log.console = true
log.console.level = info
log.file = false
default_user = ${user}
default_pass = ${password}
`,
  )
  return {
    PATH: process.env.PATH,
    // Where the Erlang cookie is.
    HOME: at('home'),
    ERL_EPMD_PORT: String(namesPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `postrider-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
    RABBITMQ_MNESIA_BASE: at('data'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_PID_FILE: at('pid'),
  }
}

function start(command: string, args: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
  return spawn(command, args, { env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
}
