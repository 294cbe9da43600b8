import { type Logger, pino } from 'pino'

/** JSON lines on standard error. */
export function createLog(level: string): Logger {
  return pino({ level, base: null, errorKey: 'error', serializers: { error: describeError } }, pino.destination(2))
}

/**
 * What is said of an error. Not its other properties, nor the lines after the first of its message: Postgres puts whole
 * rows into both, which are customers' data.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  return {
    type: error.name,
    message: error.message.split('\n', 1)[0],
    ...(code !== undefined && { code }),
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 12)
      .join('\n'),
    ...(cause !== undefined && { cause: describeError(cause) }),
  }
}
