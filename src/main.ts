import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { importCatalogue } from './cli/import-catalogue.ts'
import { rotateSecrets } from './cli/rotate-secrets.ts'
import { RequestFailed } from './client/request.ts'
import { type Config, ConfigInvalid, readConfig } from './config.ts'
import { OpenapiInvalid } from './domain/openapi-webhooks.ts'
import { DataFolderInUse } from './embedded/embedded-postgres.ts'
import { type Postrider, type Role, startPostrider } from './postrider.ts'
import { PostgresTooOld } from './store/reach-postgres.ts'

const USAGE = `Usage: postrider [--role api|worker]
       postrider secrets rotate
       postrider catalogue import FILE [--key KEY] [--url URL] [--data-key NAME] [--allow-breaking]
--key: an API key; default POSTRIDER_API_KEY. --url: default http://127.0.0.1:4000. --data-key: the property of a body that is its data.`

/** V8 lets a heap of 70 MB grow to 230 before it looks for what can go; eight tenths as much again are enough (468 -> 372 to 396 MB). */
const HEAP_GROWTH = '--heap-growing-percent=80'

async function main(): Promise<void> {
  setFlagsFromString(HEAP_GROWTH)
  const { role, command, file, values, apiKey } = readArguments()
  if (command === 'catalogue import') {
    const endpoint = { url: values.url, key: apiKey }
    const options = { endpoint, dataKey: values['data-key'], allowBreaking: values['allow-breaking'] }
    process.exitCode = await importCatalogue(file, options, console.log)
    return
  }
  const config = readConfig(process.env)
  if (command === 'secrets rotate') {
    process.exitCode = await rotateSecrets(config, console.log)
    return
  }
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

const options = {
  role: { type: 'string', default: 'all' },
  url: { type: 'string', default: 'http://127.0.0.1:4000' },
  key: { type: 'string' },
  'data-key': { type: 'string' },
  'allow-breaking': { type: 'boolean', default: false },
} as const

function readArguments() {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const { role } = values
  if (role !== 'all' && role !== 'api' && role !== 'worker') {
    throw new ConfigInvalid([`--role is api or worker, not "${role}". ${USAGE}`])
  }
  const [noun = 'serve', verb = '', file = '', ...more] = positionals
  const command = `${noun} ${verb}`.trim()
  if (command !== 'serve' && command !== 'secrets rotate' && command !== 'catalogue import') {
    throw new ConfigInvalid([`There is no command "${command}". ${USAGE}`])
  }
  const takesFile = command === 'catalogue import'
  const apiKey = values.key ?? process.env.POSTRIDER_API_KEY ?? ''
  if (more.length > 0 || (file !== '') !== takesFile || (takesFile && apiKey === '')) {
    throw new ConfigInvalid([`${takesFile ? 'A file and a key are needed' : `"${file}" is too much`}. ${USAGE}`])
  }
  return { role: role as Role, command, file, values, apiKey } as const
}

function announceWaiting(url: string): void {
  console.log(`\n  Postrider waits for its database, and says so at ${url}/readyz\n`)
}

function announce({ url, demo, operatorKey }: Postrider, config: Config, role: Role): void {
  // It serves nothing that a key opens.
  if (role === 'worker') {
    console.log(`\n  Postrider's worker is ready at ${url}/readyz\n`)
    return
  }
  const link = demo && `${url}/graphiql/#key=${encodeURIComponent(demo.apiKey)}`
  const lines = demo
    ? [`  GraphiQL      ${link}`, `  API key       ${demo.apiKey}   (the demo application)`]
    : [`  GraphiQL      ${url}/graphiql/`]
  console.log(
    [
      '',
      `  Postrider is ready at ${url}/graphql`,
      '',
      ...lines,
      `  Operator key  ${config.operatorKey ? '(from POSTRIDER_OPERATOR_KEY)' : operatorKey}`,
      '',
    ].join('\n'),
  )
}

/** Why the wait for a database ended: not a failure. */
class Stopped extends Error {}

function fail(error: unknown): never {
  if (error instanceof Stopped) process.exit(0)
  console.error(explain(error))
  process.exit(1)
}

/** What the person can mend is said in a line; anything else is shown whole. */
function explain(error: unknown): unknown {
  const isPlain = [ConfigInvalid, DataFolderInUse, OpenapiInvalid, PostgresTooOld, RequestFailed].some(
    (known) => error instanceof known,
  )
  if (isPlain) return (error as Error).message
  const { code, message, address, port } = error as Partial<NodeJS.ErrnoException & { address: string; port: number }>
  if (code === 'EADDRINUSE') return `Port ${port} of ${address} is taken. Stop what listens there, or set PORT.`
  if (code?.startsWith('ERR_PARSE_ARGS')) return `${message}. ${USAGE}`
  return error
}

main().catch(fail)
