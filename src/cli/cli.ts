/** What commands have of the process that they run in. */
export interface Cli {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Runs the server, and resolves once it is ready. The role is as it was typed. */
  readonly serve: (role: string) => Promise<void>
  /** What the command ends with, when it does not throw. */
  exitCode: number
}
