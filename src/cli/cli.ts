export const serverRoles = ['all', 'api', 'worker'] as const
export type ServerRole = (typeof serverRoles)[number]

/** What commands have of the process that they run in. */
export interface Cli {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Runs the server, and resolves once it is ready. */
  readonly serve: (role: ServerRole) => Promise<void>
  /** What the command ends with, when it does not throw. */
  exitCode: number
}
