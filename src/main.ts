import { setFlagsFromString } from 'node:v8'
import type { Config } from './app/config.ts'
import type { Postrider, Role } from './app/start.ts'
import { runProgram } from './cli/program.ts'

/** V8 lets a heap of 70 MB grow to 230 before it looks for what can go; eight tenths as much again are enough (468 -> 372 to 396 MB). */
const HEAP_GROWTH = '--heap-growing-percent=80'

async function main(): Promise<void> {
  process.stdout.on('error', onOutputLost)
  process.exitCode = await runProgram(process.argv.slice(2), { environment: process.env, serve })
}

/** The reader of our output, such as `head`, has enough of it: a command ends, and a server goes on without. */
function onOutputLost(error: NodeJS.ErrnoException): void {
  if (isServing) return
  if (error.code !== 'EPIPE') fail(error)
  if (!process.emit('SIGTERM')) process.exit(0)
}

let isServing = false

async function serve(role: Role): Promise<void> {
  isServing = true
  setFlagsFromString(HEAP_GROWTH)
  const [{ readConfig }, { startPostrider }, { releaseMemoryAtRest }] = await Promise.all([
    import('./app/config.ts'),
    import('./app/start.ts'),
    import('./app/release-memory.ts'),
  ])
  releaseMemoryAtRest()
  const config = readConfig(process.env)
  const stopping = new AbortController()
  const started = startPostrider({ config, role, signal: stopping.signal, onWaiting: announceWaiting })
  // A signal during the start waits for it, half a start is harder to undo than a whole one, but not for a database.
  const stop = () => {
    if (stopping.signal.aborted) return
    stopping.abort(new Stopped())
    started.then((postrider) => postrider[Symbol.asyncDispose]()).then(() => process.exit(0), fail)
  }
  // Not once: npm passes a Ctrl-C on that has reached us already, and a second one would end us half stopped.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  if (process.env.npm_lifecycle_event) stopWithParent(stop)
  announce(await started, config, role)
}

const PARENT_CHECK_MS = 250

/** `npm start` runs us below a shell that passes no signal on: when npm is told to stop, all we notice is an empty place. */
function stopWithParent(stop: () => void): void {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref()
}

function announceWaiting(url: string): void {
  console.log(`\n  Postrider waits for its database, and says so at ${url}/readyz\n`)
}

function announce(postrider: Postrider, config: Config, role: Role): void {
  const { url, isLoopbackOpen } = postrider
  // It serves nothing that a key opens.
  if (role === 'worker') {
    console.log(`\n  Postrider's worker is ready at ${url}/readyz\n`)
    return
  }
  const keys = process.stdout.isTTY ? shownKeys(postrider) : keptKeys(postrider)
  const lines = [
    `GraphiQL      ${keys.graphiql}`,
    ...(keys.demo ? [`API key       ${keys.demo}   (the demo application)`] : []),
    `Operator key  ${config.operatorKey ? '(from POSTRIDER_OPERATOR_KEY)' : keys.operator}`,
    ...(isLoopbackOpen ? ['Loopback      open to destinations of the demo application, and to no others'] : []),
  ]
  console.log(['', `  Postrider is ready at ${url}/graphql`, '', ...lines.map((line) => `  ${line}`), ''].join('\n'))
}

function shownKeys({ url, demo, operatorKey }: Postrider) {
  const link = demo && `#key=${encodeURIComponent(demo.apiKey)}`
  return { graphiql: `${url}/graphiql/${link ?? ''}`, demo: demo?.apiKey, operator: operatorKey }
}

/** What is printed elsewhere than at a terminal is kept, by journals and CI: the files have the keys. */
function keptKeys({ url, demo, keyFiles }: Postrider) {
  return {
    graphiql: `${url}/graphiql/`,
    demo: demo && `in ${keyFiles.demo}`,
    operator: `in ${keyFiles.operatorKey}`,
  }
}

/** Why the wait for a database ended: not a failure. */
class Stopped extends Error {}

function fail(error: unknown): never {
  if (error instanceof Stopped) process.exit(0)
  console.error(explain(error))
  process.exit(1)
}

/** By name: their classes would bring the server and Postgres's driver to every command. */
const PLAIN = new Set(['ConfigInvalid', 'ConnectorsFailed', 'DataFolderInUse', 'OpenapiInvalid', 'PostgresTooOld'])

/** What the person can mend is said in a line; anything else is shown whole. */
function explain(error: unknown): unknown {
  if (error instanceof Error && PLAIN.has(error.name)) return error.message
  const { code, address, port } = error as Partial<NodeJS.ErrnoException & { address: string; port: number }>
  if (code === 'EADDRINUSE') return `Port ${port} of ${address} is taken. Stop what listens there, or set PORT.`
  return error
}

main().catch(fail)
