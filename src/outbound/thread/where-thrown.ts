/**
 * What an error was and where it was thrown, for the log, without its message: those of libraries hold commands, passwords
 * and all.
 */
export function whereThrown(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { code?: unknown }
  const places = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line))
  return [`${error.name}${typeof code === 'string' ? ` ${code}` : ''}`, ...places.slice(0, 5)].join('\n')
}
