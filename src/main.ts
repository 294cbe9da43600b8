import { parseArgs } from 'node:util'
import { ConfigInvalid, readConfig } from './config.ts'
import { DataFolderInUse } from './embedded/embedded-postgres.ts'
import { type Postrider, type Role, startPostrider } from './postrider.ts'

const USAGE = 'Usage: postrider [--role api|worker]'

async function main(): Promise<void> {
  const role = readRole()
  const started = startPostrider({ config: readConfig(process.env), role })
  // A signal during the start waits for it: half a start is harder to undo than a whole one.
  const stop = () =>
    void started.then((postrider) => postrider[Symbol.asyncDispose]()).then(() => process.exit(0), fail)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  announce(await started)
}

function readRole(): Role {
  const { values } = parseArgs({ options: { role: { type: 'string', default: 'all' } } })
  if (values.role === 'all' || values.role === 'api' || values.role === 'worker') return values.role
  throw new ConfigInvalid([`--role is api or worker, not "${values.role}". ${USAGE}`])
}

function announce({ url, demo, operatorKey }: Postrider): void {
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
      `  Operator key  ${process.env.POSTRIDER_OPERATOR_KEY ? '(from POSTRIDER_OPERATOR_KEY)' : operatorKey}`,
      '',
    ].join('\n'),
  )
}

function fail(error: unknown): never {
  const isExpected = error instanceof ConfigInvalid || error instanceof DataFolderInUse
  console.error(isExpected ? error.message : error)
  process.exit(1)
}

main().catch(fail)
