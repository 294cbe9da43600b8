import type { Command } from 'commander'
import { DestinationCreateDocument, type DestinationCreateInput } from '../client/generated/documents.ts'
import { type ApiOptions, openApi, parseHttpUrl, withApiOptions } from './api.ts'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'
import { throwIfRefused, WrongUsage } from './failure.ts'
import { parseJsonObject, readInput } from './option-value.ts'
import { findOrganization, ORGANIZATION_HELP } from './organization.ts'
import { createOutput } from './output.ts'

interface CreateOptions extends ApiOptions {
  readonly organization: string
  readonly to?: string
  readonly label?: string
  readonly eventType?: string[]
  readonly connector?: string
  readonly config?: string
  readonly credentials?: string
}

export function addCreateDestination(destinations: Command, cli: Cli): void {
  const command = destinations
    .command('create')
    .description('Make a destination, and show its signing secret, once.')
    .requiredOption('--organization <id>', ORGANIZATION_HELP)
    .option('--to <url>', 'where its events are sent: the "url" of its settings', parseHttpUrl)
    .option('--label <text>', 'what people call it (default: the host that it sends to)')
    .option('--event-type <name...>', 'what it gets: names, or prefixes such as contact.* (default: all)')
    .option('--connector <key>', 'what it is made of (default: webhook)')
    .option('--config <json>', "settings, as the connector's configSchema has them")
    .option('--credentials <json>', "as the connector's credentialSchema has them; - reads standard input")
    .addHelpText(
      'after',
      examples(
        'postrider destinations create --organization demo --to http://127.0.0.1:3000/hook',
        'postrider destinations create --organization demo --to http://127.0.0.1:3000/hook --event-type inquiry.received --label CRM --json',
      ),
    )
    .action((options: CreateOptions) => createDestination(cli, options))
  withApiOptions(command)
}

async function createDestination(cli: Cli, options: CreateOptions): Promise<void> {
  const fields = await readFields(options)
  const api = await openApi(cli, options)
  const { id: organizationId } = await findOrganization(api, options.organization)
  const { destinationCreate } = await api.send(DestinationCreateDocument, { input: { organizationId, ...fields } })
  throwIfRefused(destinationCreate.userErrors)
  const { destination, signingSecret } = destinationCreate
  await createOutput(options.json ?? false).show({ destination, signingSecret }, () => [
    `Destination     ${destination?.id}`,
    `Signing secret  ${signingSecret}`,
  ])
}

async function readFields(options: CreateOptions): Promise<Omit<DestinationCreateInput, 'organizationId'>> {
  const { to, label, eventType: eventTypes, connector, credentials } = options
  if (to === undefined && options.config === undefined) throw new WrongUsage('Where to? Give --to or --config.')
  const config = { ...parseJsonObject('--config', options.config ?? '{}'), ...(to && { url: to }) }
  const secret = credentials === '-' ? await readInput('-') : credentials
  return {
    config,
    label: label ?? (to ? new URL(to).host : (connector ?? 'webhook')),
    eventTypes,
    ...(connector && { connector }),
    ...(secret !== undefined && { credentials: parseJsonObject('--credentials', secret) }),
  }
}
