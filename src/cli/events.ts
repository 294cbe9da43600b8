import { type Command, Option } from 'commander'
import {
  type DeliveryFieldsFragment,
  EventDeliveriesDocument,
  EventPublishDocument,
  type EventStatusFieldsFragment,
} from '../client/generated/documents.ts'
import { type Api, type ApiOptions, openApi, withApiOptions } from './api.ts'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'
import { EXIT } from './exit-code.ts'
import { throwIfRefused, WrongUsage } from './failure.ts'
import { deliveryCells, untilFinished } from './follow-deliveries.ts'
import { parseJson, readInput } from './option-value.ts'
import { ORGANIZATION_HELP, organizationRef } from './organization.ts'
import { columns, createOutput, type Output } from './output.ts'

interface PublishOptions extends ApiOptions {
  readonly organization: string
  readonly type: string
  readonly data?: string
  readonly dataFile?: string
  readonly idempotencyKey?: string
  readonly deliverAt?: string
  readonly wait?: boolean
}

export function addEvents(program: Command, cli: Cli): void {
  const events = program.command('events').description('publish: say that something happened.')
  const publish = events
    .command('publish')
    .description('Publish an event, and show its deliveries.')
    .requiredOption('--organization <id>', ORGANIZATION_HELP)
    .requiredOption('--type <name>', 'an event type of the catalogue')
    .addOption(new Option('--data <json>', 'what happened; - reads standard input').conflicts('dataFile'))
    .option('--data-file <file>', 'the same, from a file; - reads standard input')
    .option('--idempotency-key <key>', 'the same key within 24 h is the same event')
    .option('--deliver-at <time>', 'not before this time (ISO 8601), at most 30 days ahead')
    .option('--wait', `until its deliveries are finished; ends with ${EXIT.unsuccessful} when one did not succeed`)
    .addHelpText(
      'after',
      examples(
        `postrider events publish --organization demo --type contact.created --data '{"id":"cus_1","name":"Ada"}' --wait`,
        `echo '{"inquiry":{"id":"inq_1","subject":"Sundays?"}}' | postrider events publish --organization demo --type inquiry.received --data -`,
      ),
    )
    .action((options: PublishOptions) => publishEvent(cli, options))
  withApiOptions(publish)
}

async function publishEvent(cli: Cli, options: PublishOptions): Promise<void> {
  const { type, idempotencyKey, deliverAt, wait } = options
  const data = await readData(options)
  const api = await openApi(cli, options)
  const input = { ...organizationRef(options.organization), type, data, idempotencyKey, deliverAt }
  const { eventPublish } = await api.send(EventPublishDocument, { input })
  throwIfRefused(eventPublish.userErrors)
  const { duplicate } = eventPublish
  const event = eventPublish.event!
  const made = await deliveriesOf(api, String(event.id))
  const out = createOutput(options.json ?? false)
  if (!wait) return show(out, { event, duplicate, deliveries: made })
  const ids = made.map((delivery) => String(delivery.id))
  const deliveries = await untilFinished(api, ids)
  const isDelivered = event.status === 'ACCEPTED' && deliveries.every((delivery) => delivery.status === 'SUCCEEDED')
  if (!isDelivered) cli.exitCode = EXIT.unsuccessful
  await show(out, { event, duplicate, deliveries })
}

async function readData({ data, dataFile }: PublishOptions): Promise<unknown> {
  if (data !== undefined && data !== '-') return parseJson('--data', data)
  const file = dataFile ?? data
  if (file === undefined) throw new WrongUsage('What happened? Give --data or --data-file.')
  return parseJson(file === '-' ? 'Standard input' : file, await readInput(file))
}

async function deliveriesOf(api: Api, id: string): Promise<DeliveryFieldsFragment[]> {
  const deliveries: DeliveryFieldsFragment[] = []
  for (let after: string | null | undefined; ; ) {
    const { event } = await api.send(EventDeliveriesDocument, { id, after })
    const page = event?.deliveries
    deliveries.push(...(page?.nodes ?? []))
    if (!page?.pageInfo.hasNextPage) return deliveries
    after = page.pageInfo.endCursor
  }
}

interface Published {
  readonly event: { readonly id: string | number; readonly type: string } & EventStatusFieldsFragment
  readonly duplicate: boolean
  readonly deliveries: readonly DeliveryFieldsFragment[]
}

function show(out: Output, published: Published): Promise<void> {
  const { event, duplicate, deliveries } = published
  return out.show(published, () => [
    `${event.id}  ${event.type}${duplicate ? '  (published before, with this idempotency key)' : ''}`,
    ...columns(deliveries.map(deliveryCells)).map((line) => `  ${line.trimEnd()}`),
    ...(deliveries.length === 0 ? withoutDeliveries(event) : []),
  ])
}

function withoutDeliveries({ status, problems }: EventStatusFieldsFragment): string[] {
  if (status === 'ACCEPTED') return ['  No destination wants it.']
  return problems.map(({ path, message }) => `  Rejected: ${path?.join('.')}: ${message}`)
}
