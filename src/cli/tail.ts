import { type Command, Option } from 'commander'
import { type AttemptFeedItem, createAttemptFeed } from '../client/attempt-feed.ts'
import type { AttemptOutcome } from '../client/generated/documents.ts'
import { type ApiOptions, openApi, withApiOptions } from './api.ts'
import { attemptLines } from './attempt-lines.ts'
import type { Cli } from './cli.ts'
import { keepCursor, readCursor } from './cursor-file.ts'
import { examples } from './examples.ts'
import { wholeNumber } from './option-value.ts'
import { findOrganization, ORGANIZATION_HELP } from './organization.ts'
import { createOutput, note } from './output.ts'
import { untilInterrupted } from './until-interrupted.ts'

const outcomes: Readonly<Record<string, readonly AttemptOutcome[]>> = {
  success: ['SUCCESS'],
  retryable: ['RETRYABLE_FAILURE'],
  permanent: ['PERMANENT_FAILURE'],
  failed: ['RETRYABLE_FAILURE', 'PERMANENT_FAILURE'],
}

interface TailOptions extends ApiOptions {
  readonly organization?: string
  readonly destination?: string[]
  readonly eventType?: string[]
  readonly outcome?: string[]
  readonly after?: string
  readonly last?: number
  readonly cursorFile?: string
}

export function addTail(program: Command, cli: Cli): void {
  const command = program
    .command('tail')
    .description('Show attempts as they are made. Goes on by itself when the server comes back; Ctrl-C ends it.')
    .option('--organization <id>', `only of ${ORGANIZATION_HELP}`)
    .option('--destination <id...>', 'only to these destinations')
    .option('--event-type <name...>', 'only of these event types')
    .addOption(new Option('--outcome <outcome...>', 'only these').choices(Object.keys(outcomes)))
    .addOption(new Option('--after <cursor>', 'begin behind this cursor, from --json').conflicts('last'))
    .option('--last <n>', 'begin with so many of the newest, 1 to 100 (default: from now on)', wholeNumber(1, 100))
    .addOption(
      new Option('--cursor-file <file>', 'keep there how far it came, and begin there the next time').conflicts(
        'after',
      ),
    )
    .addHelpText(
      'after',
      examples(
        'postrider tail --last 10',
        'postrider tail --organization demo --outcome failed',
        'postrider tail --json --cursor-file attempts.cursor >> attempts.jsonl',
      ),
    )
    .action((options: TailOptions) => tail(cli, options))
  withApiOptions(command)
}

async function tail(cli: Cli, options: TailOptions): Promise<void> {
  const api = await openApi(cli, options)
  const { cursorFile, last, destination, eventType, outcome, json = false } = options
  const after = options.after ?? (cursorFile && (await readCursor(cursorFile)))
  const organization = options.organization && (await findOrganization(api, options.organization))
  const filter = {
    ...(organization && { organizationId: organization.id }),
    destinationIds: destination,
    eventTypes: eventType,
    outcomes: outcome?.flatMap((word) => outcomes[word]!),
  }
  const signal = untilInterrupted()
  const out = createOutput(json)
  let isFollowing = false
  for await (const item of createAttemptFeed({ ...api.endpoint, filter, after, last, signal, onReconnect })) {
    if (!json && !isFollowing && item.kind === 'checkpoint' && item.caughtUp) {
      isFollowing = true
      note('Following what is live. Ctrl-C ends it.')
    }
    await out.show(item, () => linesOf(item))
    // Not before it is shown: killed in between, it is shown again and not left out.
    if (cursorFile) await keepCursor(cursorFile, item.cursor)
  }
}

export function onReconnect(reason: string, waitMs: number): void {
  note(`Not connected (${reason}); trying again in ${(waitMs / 1_000).toFixed(1)} s.`)
}

function linesOf(item: AttemptFeedItem): string[] {
  if (item.kind === 'attempt') return attemptLines(item.attempt)
  if (item.kind === 'reset') note(`What lies before can no longer be told (${item.reason}); going on behind it.`)
  return []
}
