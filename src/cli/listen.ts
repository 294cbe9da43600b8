import { type Command, Option } from 'commander'
import { createAttemptFeed, type FeedAttempt } from '../client/attempt-feed.ts'
import { type Api, type ApiOptions, openApi, parseHttpUrl, withApiOptions } from './api.ts'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'
import type { Forwarded } from './forward.ts'
import { type Followed, followExisting, followTemporary } from './listen-destination.ts'
import { findOnlyOrganization, findOrganization, ORGANIZATION_HELP } from './organization.ts'
import { createOutput, note, type Output, pad, paint, printable } from './output.ts'
import { onReconnect } from './tail.ts'
import { untilInterrupted } from './until-interrupted.ts'

interface ListenOptions extends ApiOptions {
  readonly forward: string
  readonly organization?: string
  readonly destination?: string
  readonly eventType?: string[]
  readonly allAttempts?: boolean
  readonly secret?: string
  readonly showSecret?: boolean
  readonly sink?: string
}

const HELP = `
Without --destination it makes a temporary destination for the organization, which the server sends to its own /listen,
where nothing is kept, and takes it away when it ends. What it sent comes here by the feed, and goes to --forward: the same
method, headers, body and signature. The answer is shown, and nothing of it is told to Postrider: there are no retries.
With --destination, the first attempt of each delivery to that destination is forwarded, whatever became of it there.`

export function addListen(program: Command, cli: Cli): void {
  const command = program
    .command('listen')
    .description("Deliver an organization's events to this machine, signature and all. Ctrl-C ends it.")
    .requiredOption('--forward <url>', 'where to, e.g. http://localhost:3000/hook', parseHttpUrl)
    .option('--organization <id>', `${ORGANIZATION_HELP} (default: the only one)`)
    .option('--event-type <name...>', 'only these; without --destination also prefixes such as contact.*')
    .option('--secret <text>', 'the signing secret, so that it is the same each time (default: a new one)')
    .option('--sink <url>', '/listen of the server, as the server reaches itself (default: below --url)', parseHttpUrl)
    .addOption(
      new Option('--destination <id>', 'forward what is sent to this one').conflicts([
        'organization',
        'secret',
        'sink',
      ]),
    )
    .option('--all-attempts', 'with --destination: retries too')
    .option('--show-secret', 'with --destination: read its signing secret, which the audit log keeps')
    .addHelpText('after', HELP)
    .addHelpText(
      'after',
      examples(
        'postrider listen --forward http://localhost:3000/hook',
        'postrider listen --organization demo --event-type inquiry.received --forward http://localhost:3000/hook',
      ),
    )
    .action((options: ListenOptions) => listen(cli, options))
  withApiOptions(command)
}

async function listen(cli: Cli, options: ListenOptions): Promise<void> {
  const api = await openApi(cli, options)
  const out = createOutput(options.json ?? false)
  const signal = untilInterrupted()
  await using followed = await follow(api, options)
  // A temporary one is new: what it got before the feed was open belongs to us too.
  const last = followed.isTemporary ? 100 : undefined
  const eventTypes = followed.isTemporary ? undefined : options.eventType
  const filter = { destinationIds: [followed.id], eventTypes }
  const forwardAttempt = await createForwarder(out, options, signal)
  let isReady = false
  for await (const item of createAttemptFeed({ ...api.endpoint, filter, last, signal, onReconnect })) {
    if (item.kind === 'checkpoint' && item.caughtUp && !isReady) {
      isReady = true
      await announce(out, followed, options)
    }
    if (item.kind !== 'attempt') continue
    if (followed.isTemporary) warnOfSink(item.attempt)
    if (item.attempt.number === 1 || options.allAttempts) await forwardAttempt(item.attempt)
  }
}

async function follow(api: Api, options: ListenOptions): Promise<Followed> {
  const { destination, organization, eventType: eventTypes, secret: signingSecret } = options
  if (destination) return followExisting(api, destination, { showSecret: options.showSecret ?? false })
  const found = await (organization ? findOrganization(api, organization) : findOnlyOrganization(api))
  const sink = options.sink ?? new URL('/listen', api.endpoint.url).href
  return followTemporary(api, found, { sink, eventTypes, signingSecret })
}

function announce(out: Output, followed: Followed, { forward }: ListenOptions): Promise<void> {
  const { id, isTemporary, signingSecret } = followed
  const reveal = '(not shown: --show-secret, or destinationSecretReveal in the API)'
  return out.show({ kind: 'ready', destinationId: id, isTemporary, signingSecret }, () => [
    `Destination     ${id}${isTemporary ? '  (temporary: it goes when this ends)' : ''}`,
    `Signing secret  ${signingSecret ?? reveal}`,
    `Ready: forwarding to ${forward}. Ctrl-C ends it.`,
  ])
}

/** The server slows down towards what it cannot reach, and then events come late. */
function warnOfSink({ outcome, errorMessage, request }: FeedAttempt): void {
  if (outcome === 'SUCCESS') return
  note(`The server does not reach its own ${request?.url} (${errorMessage}): events will be late. Give --sink.`)
}

const STATUS_WIDTH = 3
const DURATION_WIDTH = 8

/** One after the other, in the order of the attempts. */
async function createForwarder(out: Output, { forward: to }: ListenOptions, signal: AbortSignal) {
  const { forward } = await import('./forward.ts')
  const told = new Set<string>()
  return async (attempt: FeedAttempt): Promise<void> => {
    const { request, delivery, deliveryId, id, number, errorMessage } = attempt
    if (!request || request.body === null) {
      note(`Not forwarded: ${id}: ${errorMessage ?? 'its body is no longer kept'}`)
      return
    }
    const forwarded = await forward(to, request, signal)
    for (const what of forwarded.changed) {
      if (!told.has(what)) note(`Not as it was sent, for records hold no credentials: ${what}`)
      told.add(what)
    }
    const { eventId = null, eventType = null } = delivery ?? {}
    const document = { kind: 'forwarded', attemptId: id, deliveryId, eventId, eventType, number, ...forwarded }
    await out.show(document, () => [lineOf(attempt, forwarded)])
  }
}

function lineOf({ startedAt, delivery }: FeedAttempt, { status, error, durationMs }: Forwarded): string {
  const isTaken = status !== null && status >= 200 && status < 300
  const cells = [
    startedAt,
    pad([String(status ?? '-'), isTaken ? 'green' : 'red'], STATUS_WIDTH),
    `${durationMs} ms`.padStart(DURATION_WIDTH),
    printable(delivery?.eventType ?? '?'),
    String(delivery?.eventId ?? '?'),
  ]
  return [...cells, ...(error ? [paint('red', printable(error))] : [])].join('  ')
}
