import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { Command, CommanderError } from 'commander'
import { addCatalogue } from './catalogue.ts'
import type { Cli } from './cli.ts'
import { addConnector } from './connector.ts'
import { addDeliveries } from './deliveries.ts'
import { addDestinations } from './destinations.ts'
import { addEvents } from './events.ts'
import { EXIT, EXIT_CODE_HELP } from './exit-code.ts'
import { explainFailure } from './failure.ts'
import { addListen } from './listen.ts'
import { addMigrate } from './migrate.ts'
import { note } from './output.ts'
import { addSecrets } from './secrets.ts'
import { addServe } from './serve.ts'
import { addTail } from './tail.ts'

/** Runs the command line, and resolves to its exit code. Throws what nobody expects, and whatever ends a server. */
export async function runProgram(args: readonly string[], parts: Omit<Cli, 'exitCode'>): Promise<number> {
  const cli: Cli = { ...parts, exitCode: EXIT.done }
  try {
    await buildProgram(cli).parseAsync(withDefault(args), { from: 'user' })
    return cli.exitCode
  } catch (error) {
    // Commander has printed why, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    const failure = explainFailure(error)
    if (!failure) throw error
    failure.lines.forEach(note)
    return failure.exitCode
  }
}

/** `postrider` and `postrider --role api` are `postrider serve`. Commander's own default would take a misspelt command too. */
function withDefault(args: readonly string[]): string[] {
  const [first] = args
  const isProgram = first && (!first.startsWith('-') || ['-h', '--help', '-V', '--version'].includes(first))
  return isProgram ? [...args] : ['serve', ...args]
}

function buildProgram(cli: Cli): Command {
  const program = new Command('postrider')
    .description('Delivers webhooks: runs the server, and works with one through its API.')
    .showHelpAfterError('Add --help for what it takes.')
    .version(ownVersion(), '-V, --version', 'which version this is')
    .exitOverride()
    .addHelpText('after', EXIT_CODE_HELP)
  for (const add of commands) add(program, cli)
  return program
}

function ownVersion(): string {
  return JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, 'utf8')).version
}

/** In the order of --help. */
const commands = [
  addServe,
  addMigrate,
  addSecrets,
  addCatalogue,
  addTail,
  addListen,
  addEvents,
  addDestinations,
  addDeliveries,
  addConnector,
]
