import type { FeedAttempt } from '../client/attempt-feed.ts'
import { type Colour, pad, paint, printable } from './output.ts'

const outcomes: Readonly<Record<FeedAttempt['outcome'], readonly [text: string, colour: Colour]>> = {
  SUCCESS: ['SUCCESS', 'green'],
  RETRYABLE_FAILURE: ['RETRYABLE', 'yellow'],
  PERMANENT_FAILURE: ['PERMANENT', 'red'],
}

const OUTCOME_WIDTH = 9
/** "DNS", "TIMEOUT" and "503" in one column. */
const RESULT_WIDTH = 10
const DURATION_WIDTH = 8
const NUMBER_WIDTH = 5

/** One attempt, for people: a line, and a second one that says why it failed and when the next attempt is. */
export function attemptLines(attempt: FeedAttempt): string[] {
  const { startedAt, outcome, response, failureKind, durationMs, number, delivery, deliveryId } = attempt
  const [text, colour] = outcomes[outcome]
  const cells = [
    startedAt,
    pad([text, colour], OUTCOME_WIDTH),
    pad(String(response?.statusCode ?? failureKind ?? ''), RESULT_WIDTH),
    `${durationMs} ms`.padStart(DURATION_WIDTH),
    pad(`${number}/${delivery?.maxAttempts ?? '?'}`, NUMBER_WIDTH),
    printable(delivery?.eventType ?? '?'),
    String(delivery?.destinationId ?? '?'),
    deliveryId,
  ]
  const line = cells.join('  ')
  const why = describeFailure(attempt)
  return why ? [line, `  ${paint('gray', why)}`] : [line]
}

function describeFailure({ errorMessage, retryAt }: FeedAttempt): string {
  const next = retryAt && `the next attempt is due at ${retryAt}`
  return [errorMessage && printable(errorMessage), next].filter(Boolean).join('; ')
}
