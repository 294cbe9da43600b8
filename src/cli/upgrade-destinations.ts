import type { Command } from 'commander'
import { DestinationsDocument, DestinationUpgradeDocument } from '../client/generated/documents.ts'
import { type Api, type ApiOptions, openApi, withApiOptions } from './api.ts'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'
import { CallRefused, type Problem, WrongUsage } from './failure.ts'
import { type Cell, columns, createOutput } from './output.ts'

interface UpgradeOptions extends ApiOptions {
  readonly connector?: string
  readonly dryRun?: boolean
}

interface Upgraded {
  readonly id: string
  readonly fromMajor: number
  readonly toMajor: number
  readonly config: Record<string, unknown>
}

export function addUpgradeDestinations(destinations: Command, cli: Cli): void {
  const command = destinations
    .command('upgrade')
    .description(
      'Bring settings to the major version of the connector that is installed. Those that are up to date stay.',
    )
    .argument('[id]', 'a destination, dst_…')
    .option('--connector <key>', 'all destinations of this connector')
    .option('--dry-run', 'show what would become of the settings, and store nothing')
    .addHelpText(
      'after',
      examples('postrider destinations upgrade --connector acme --dry-run', 'postrider destinations upgrade dst_…'),
    )
    .action((id: string | undefined, options: UpgradeOptions) => upgradeDestinations(cli, id, options))
  withApiOptions(command)
}

/** All of them, though some are refused: those are named at the end. */
async function upgradeDestinations(cli: Cli, id: string | undefined, options: UpgradeOptions): Promise<void> {
  const { connector, dryRun = false } = options
  if ((id === undefined) === (connector === undefined)) throw new WrongUsage('Which? Give an id, or --connector.')
  const api = await openApi(cli, options)
  const ids = id === undefined ? await idsOf(api, connector!) : [id]
  const problems: Problem[] = []
  const upgraded: Upgraded[] = []
  for (const one of ids) {
    const { destinationUpgrade } = await api.send(DestinationUpgradeDocument, { input: { id: one, dryRun } })
    const { userErrors, fromMajor, toMajor, config } = destinationUpgrade
    problems.push(...userErrors.map(({ path, message }) => ({ path: id === undefined ? [one] : path, message })))
    if (userErrors.length === 0) upgraded.push({ id: one, fromMajor: fromMajor!, toMajor: toMajor!, config: config! })
  }
  await createOutput(options.json ?? false).show({ dryRun, destinations: upgraded }, () =>
    upgraded.length > 0
      ? columns(upgraded.map((one) => cellsOf(one, dryRun)))
      : ids.length > 0
        ? []
        : ['There is no such destination.'],
  )
  if (problems.length > 0) throw new CallRefused(...problems)
}

async function idsOf(api: Api, connector: string): Promise<string[]> {
  const ids: string[] = []
  for (let after: string | null | undefined; ; ) {
    const { destinations } = await api.send(DestinationsDocument, {
      first: 100,
      after,
      filter: { connectors: [connector] },
    })
    ids.push(...destinations.nodes.map((one) => String(one.id)))
    if (!destinations.pageInfo.hasNextPage) return ids
    after = destinations.pageInfo.endCursor
  }
}

function cellsOf({ id, fromMajor, toMajor, config }: Upgraded, dryRun: boolean): Cell[] {
  if (fromMajor === toMajor) return [id, ['up to date', 'gray'], '']
  return [id, [`${dryRun ? 'would go' : 'went'} from ${fromMajor} to ${toMajor}`, 'green'], JSON.stringify(config)]
}
