import type { Command } from 'commander'
import {
  DestinationDeleteDocument,
  type DestinationFieldsFragment,
  DestinationsDocument,
  DestinationTestDocument,
} from '../client/generated/documents.ts'
import { type ApiOptions, openApi, withApiOptions } from './api.ts'
import type { Cli } from './cli.ts'
import { addCreateDestination } from './create-destination.ts'
import { examples } from './examples.ts'
import { EXIT } from './exit-code.ts'
import { throwIfRefused } from './failure.ts'
import { parseJson, wholeNumber } from './option-value.ts'
import { findOrganization, ORGANIZATION_HELP } from './organization.ts'
import { type Cell, columns, createOutput, paint, printable } from './output.ts'
import { addUpgradeDestinations } from './upgrade-destinations.ts'

interface ListOptions extends ApiOptions {
  readonly organization?: string
  readonly first: number
  readonly after?: string
}

interface TestOptions extends ApiOptions {
  readonly eventType: string
  readonly data?: string
}

export function addDestinations(program: Command, cli: Cli): void {
  const destinations = program
    .command('destinations')
    .description('list, create, test, upgrade, delete: the places where events go.')
  const list = destinations
    .command('list')
    .description('List destinations, newest first.')
    .option('--organization <id>', `only of ${ORGANIZATION_HELP}`)
    .option('--first <n>', 'how many, 1 to 100', wholeNumber(1, 100), 25)
    .option('--after <cursor>', 'the endCursor of the page before, from --json')
    .addHelpText('after', examples('postrider destinations list --organization demo'))
    .action((options: ListOptions) => listDestinations(cli, options))
  withApiOptions(list)
  addCreateDestination(destinations, cli)
  const test = destinations
    .command('test')
    .description(
      `Send a test event through the real pipeline, once. Ends with ${EXIT.unsuccessful} when it did not arrive.`,
    )
    .argument('<id>', 'a destination, dst_…')
    .requiredOption('--event-type <name>', 'what to send: the sample of this event type')
    .option('--data <json>', 'this instead of the sample')
    .addHelpText('after', examples('postrider destinations test dst_… --event-type inquiry.received'))
    .action((id: string, options: TestOptions) => testDestination(cli, id, options))
  withApiOptions(test)
  addUpgradeDestinations(destinations, cli)
  const remove = destinations
    .command('delete')
    .description('Delete a destination. What is pending for it is cancelled; records stay.')
    .argument('<id>', 'a destination, dst_…')
    .addHelpText('after', examples('postrider destinations delete dst_…'))
    .action((id: string, options: ApiOptions) => deleteDestination(cli, id, options))
  withApiOptions(remove)
}

async function listDestinations(cli: Cli, options: ListOptions): Promise<void> {
  const api = await openApi(cli, options)
  const { first, after } = options
  const organization = options.organization && (await findOrganization(api, options.organization))
  const organizationId = organization ? organization.id : undefined
  const { destinations } = await api.send(DestinationsDocument, { organizationId, first, after })
  await createOutput(options.json ?? false).show(destinations, () => {
    const { nodes, totalCount } = destinations
    if (totalCount === 0) return ['There is no destination yet.']
    const more = totalCount > nodes.length ? [`${nodes.length} of ${totalCount}`] : []
    return [...columns(nodes.map(destinationCells)), ...more]
  })
}

const healthColours = { HEALTHY: 'green', FAILING: 'yellow', DISABLED: 'red' } as const

function destinationCells(destination: DestinationFieldsFragment): Cell[] {
  const { id, active, health, connector, target, eventTypes, label } = destination
  const state: Cell = active || health === 'DISABLED' ? [health, healthColours[health]] : ['INACTIVE', 'gray']
  return [String(id), state, connector.key, target ?? '', eventTypes.join(',') || 'all types', label]
}

async function testDestination(cli: Cli, id: string, { eventType, data, ...options }: TestOptions): Promise<void> {
  const given = data === undefined ? {} : { data: parseJson('--data', data) }
  const api = await openApi(cli, options)
  const { destinationTest } = await api.send(DestinationTestDocument, { input: { id, eventType, ...given } })
  throwIfRefused(destinationTest.userErrors)
  const { attempt, delivery } = destinationTest
  if (attempt?.outcome !== 'SUCCESS') cli.exitCode = EXIT.unsuccessful
  await createOutput(options.json ?? false).show({ delivery, attempt }, () => {
    if (!attempt) return [`${paint('red', 'Nothing came back in time.')}  ${delivery?.id}`]
    const { outcome, durationMs, response, errorMessage } = attempt
    const arrived = response ? `Arrived: ${response.statusCode}` : 'Arrived'
    if (outcome === 'SUCCESS') return [`${paint('green', arrived)}  ${durationMs} ms`]
    return [`${paint('red', `Did not arrive: ${printable(errorMessage ?? outcome)}`)}  ${durationMs} ms`]
  })
}

async function deleteDestination(cli: Cli, id: string, options: ApiOptions): Promise<void> {
  const api = await openApi(cli, options)
  const { destinationDelete } = await api.send(DestinationDeleteDocument, { input: { id } })
  throwIfRefused(destinationDelete.userErrors)
  const { deletedId } = destinationDelete
  await createOutput(options.json ?? false).show({ deletedId }, () => [`Deleted ${deletedId}`])
}
