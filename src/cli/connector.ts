import { type Command, InvalidArgumentError } from 'commander'
import type { Finding, KitOptions } from '../kit/finding.ts'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'
import { EXIT } from './exit-code.ts'
import { Unusable, WrongUsage } from './failure.ts'
import { parseJsonObject } from './option-value.ts'
import { type Colour, createOutput, paint, printable } from './output.ts'

interface CheckCommandOptions {
  readonly update?: boolean
  readonly databaseUrl?: string
  readonly live?: string
  readonly json?: boolean
}

export function addConnector(program: Command, cli: Cli): void {
  const connector = program.command('connector').description('new, check: write a connector of your own.')
  connector
    .command('new')
    .description('Write a connector that works, to be changed: its code, test, set-up guide, icon and package.')
    .argument('<name>', 'its key: lower-case letters, digits and dashes', connectorName)
    .option(
      '--dir <folder>',
      'where (default: plugins/NAME in a checkout of Postrider, postrider-connector-NAME elsewhere)',
    )
    .option('--json', 'JSON on standard output, and nothing else')
    .addHelpText('after', examples('postrider connector new acme', 'postrider connector new acme --dir ../acme'))
    .action(writeConnector)
  connector
    .command('check')
    .description(
      `Look at a connector in all the ways that tell a good one. Ends with ${EXIT.failed} when one finds something.`,
    )
    .argument('<folder>', 'where its index.ts is')
    .option('--update', 'write its golden requests as they are now')
    .option(
      '--live <json>',
      'settings of a real server, {"config":…,"credentials":…}, for one that opens sockets of its own',
    )
    .option(
      '--database-url <url>',
      'a Postgres where it makes a database and drops it (default: one of its own, for some seconds more)',
    )
    .option('--json', 'JSON on standard output, and nothing else')
    .addHelpText('after', examples('postrider connector check plugins/webhook'))
    .action((folder: string, options: CheckCommandOptions) => checkFolder(cli, folder, options))
}

function connectorName(text: string): string {
  if (/^[a-z][a-z0-9-]{0,39}$/.test(text)) return text
  throw new InvalidArgumentError('It is lower-case letters, digits and dashes, a letter first, 40 at most.')
}

async function writeConnector(name: string, { dir, json = false }: { dir?: string; json?: boolean }): Promise<void> {
  const { FolderNotEmpty, newConnector } = await import('../kit/new-connector.ts')
  try {
    const made = await newConnector(name, { from: process.cwd(), ...(dir !== undefined && { dir }) })
    const { folder, isPlugin, files } = made
    const next = isPlugin
      ? [`npx postrider connector check ${folder}`, `npx vitest run ${folder}`]
      : [`cd ${folder}`, 'npm install', 'npm run check', 'npm test']
    await createOutput(json).show({ folder, files }, () => [
      `Written to ${folder}: ${files.join(', ')}`,
      'Next:',
      ...next.map((line) => `  ${line}`),
    ])
  } catch (error) {
    if (error instanceof FolderNotEmpty) throw new WrongUsage(error.message)
    throw error
  }
}

async function checkFolder(
  cli: Cli,
  folder: string,
  { update = false, live, databaseUrl, json = false }: CheckCommandOptions,
): Promise<void> {
  const given = live === undefined ? undefined : liveSettings(parseJsonObject('--live', live))
  const [{ checkConnector }, { loadFolder }] = await Promise.all([
    import('../kit/check-connector.ts'),
    import('../kit/load-folder.ts'),
  ])
  const definition = await loadFolder(folder).catch((error) => {
    throw new Unusable(`${folder} does not load`, error)
  })
  const findings = await checkConnector(definition, {
    folder,
    update,
    ...(given && { live: given }),
    ...(databaseUrl !== undefined && { databaseUrl }),
  })
  if (findings.some(({ status }) => status === 'failed')) cli.exitCode = EXIT.failed
  await createOutput(json).show({ connector: Object(definition).key, findings }, () => linesOf(findings))
}

function liveSettings({ config, credentials }: Record<string, unknown>): NonNullable<KitOptions['live']> {
  if (typeof config !== 'object' || config === null) throw new WrongUsage('--live has a config: {"config":{…}}')
  return {
    config: config as Record<string, unknown>,
    ...(credentials !== undefined && { credentials: Object(credentials) }),
  }
}

const colours: Record<Finding['status'], Colour> = { passed: 'green', failed: 'red', skipped: 'yellow' }

/** A line a group; below it what is not as it should be. */
function linesOf(findings: readonly Finding[]): string[] {
  const byGroup = Map.groupBy(findings, ({ group }) => group)
  return [...byGroup].flatMap(([group, all]) => {
    const counts = (['passed', 'failed', 'skipped'] as const).flatMap((status) => {
      const count = all.filter((one) => one.status === status).length
      return count > 0 ? paint(colours[status], `${count} ${status}`) : []
    })
    const told = all.filter(({ status }) => status !== 'passed')
    return [
      `${group.padEnd(10)} ${counts.join(', ')}`,
      ...told.flatMap(({ name, status, messages }) =>
        messages.map((message) => `  ${paint(colours[status], status)}: ${name}: ${printable(message)}`),
      ),
    ]
  })
}
