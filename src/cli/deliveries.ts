import { type Command, Option } from 'commander'
import {
  DeliveriesDocument,
  type DeliveryFieldsFragment,
  DeliveryRetryDocument,
  type DeliveryStatus,
} from '../client/generated/documents.ts'
import { type ApiOptions, openApi, withApiOptions } from './api.ts'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'
import { EXIT } from './exit-code.ts'
import { CallRefused, type Problem } from './failure.ts'
import { deliveryCells, untilFinished } from './follow-deliveries.ts'
import { wholeNumber } from './option-value.ts'
import { findOrganization, ORGANIZATION_HELP } from './organization.ts'
import { columns, createOutput } from './output.ts'

const statuses = ['pending', 'succeeded', 'failed', 'cancelled', 'skipped']

interface ListOptions extends ApiOptions {
  readonly organization?: string
  readonly status?: string[]
  readonly destination?: string[]
  readonly eventType?: string[]
  readonly first: number
  readonly after?: string
}

interface RetryOptions extends ApiOptions {
  readonly wait?: boolean
}

export function addDeliveries(program: Command, cli: Cli): void {
  const deliveries = program.command('deliveries').description('list, retry: events on their way to destinations.')
  const list = deliveries
    .command('list')
    .description('List deliveries, newest first.')
    .option('--organization <id>', `only of ${ORGANIZATION_HELP}`)
    .addOption(new Option('--status <status...>', 'only in these').choices(statuses))
    .option('--destination <id...>', 'only to these destinations')
    .option('--event-type <name...>', 'only of these event types')
    .option('--first <n>', 'how many, 1 to 100', wholeNumber(1, 100), 25)
    .option('--after <cursor>', 'the endCursor of the page before, from --json')
    .addHelpText('after', examples('postrider deliveries list --status failed pending'))
    .action((options: ListOptions) => listDeliveries(cli, options))
  withApiOptions(list)
  const retry = deliveries
    .command('retry')
    .description('Send again: a finished delivery by a new one, a pending one now.')
    .argument('<id...>', 'deliveries, dlv_…')
    .option('--wait', `until they are finished; ends with ${EXIT.unsuccessful} when one did not succeed`)
    .addHelpText('after', examples('postrider deliveries retry dlv_… dlv_… --wait'))
    .action((ids: string[], options: RetryOptions) => retryDeliveries(cli, ids, options))
  withApiOptions(retry)
}

async function listDeliveries(cli: Cli, options: ListOptions): Promise<void> {
  const api = await openApi(cli, options)
  const { status, destination, eventType, first, after } = options
  const organization = options.organization && (await findOrganization(api, options.organization))
  const filter = {
    ...(organization && { organizationId: organization.id }),
    statuses: status?.map((word) => word.toUpperCase() as DeliveryStatus),
    destinationIds: destination,
    eventTypes: eventType,
  }
  const { deliveries } = await api.send(DeliveriesDocument, { first, after, filter })
  await createOutput(options.json ?? false).show(deliveries, () => {
    if (deliveries.nodes.length === 0) return ['There is no such delivery.']
    return columns(
      deliveries.nodes.map((delivery) => [String(delivery.createdAt), delivery.eventType, ...deliveryCells(delivery)]),
    )
  })
}

/** All of them, though some are refused: those are named at the end. */
async function retryDeliveries(cli: Cli, ids: readonly string[], { wait, ...options }: RetryOptions): Promise<void> {
  const api = await openApi(cli, options)
  const problems: Problem[] = []
  const retried: DeliveryFieldsFragment[] = []
  for (const id of ids) {
    const { deliveryRetry } = await api.send(DeliveryRetryDocument, { input: { id } })
    problems.push(...deliveryRetry.userErrors.map(({ message }) => ({ path: [id], message })))
    if (deliveryRetry.delivery) retried.push(deliveryRetry.delivery)
  }
  const made = retried.map((delivery) => String(delivery.id))
  const deliveries = wait ? await untilFinished(api, made) : retried
  if (wait && deliveries.some((delivery) => delivery.status !== 'SUCCEEDED')) cli.exitCode = EXIT.unsuccessful
  await createOutput(options.json ?? false).show({ deliveries }, () => columns(deliveries.map(deliveryCells)))
  if (problems.length > 0) throw new CallRefused(...problems)
}
