import { messageOf } from '../domain/message-of.ts'
/** What the kit looks at, in its order. */
export const groups = [
  'manifest',
  'schema',
  'samples',
  'secrets',
  'pure',
  'fast',
  'golden',
  'classify',
  'contained',
  'hostile',
  'live',
] as const
export type Group = (typeof groups)[number]

/** What came of one case. */
export interface Finding {
  readonly group: Group
  /** A sentence that holds for a good connector. */
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped'
  /** What is wrong, or why it was skipped. */
  readonly messages: readonly string[]
}

/** What is wrong, nothing when all is well; or why it could not be looked at. */
export type Verdict = readonly string[] | { readonly skipped: string }

export interface Case {
  readonly group: Group
  readonly name: string
  run(): Verdict | Promise<Verdict>
}

/** Where golden requests are kept. */
export interface GoldenFiles {
  /** What is wrong with `text` beside what is kept as `name`. */
  compare(name: string, text: string): Verdict | Promise<Verdict>
}

interface LiveSettings {
  readonly config: Readonly<Record<string, unknown>>
  readonly credentials?: Readonly<Record<string, unknown>>
}

export interface KitOptions {
  /**
   * Settings of a real server, for a connector that opens sockets of its own (`host.connect`) and has no stand-in here; or what
   * gives them once that server runs. Without them its live group is skipped.
   */
  readonly live?: LiveSettings | (() => LiveSettings | Promise<LiveSettings>)
  /** How the group `hostile` tries a connector that opens sockets of its own. */
  readonly hostile?: {
    /** Of the first call; each has one of its own. Default 1. A finding says which seeds make it again. */
    readonly seed?: number
    /** Calls of each method. Default 60, some seconds. */
    readonly calls?: number
    /**
     * What an honest server answers, in order, so that the fuzzer gets behind the handshake. Not needed for RESP, AMQP 0-9-1 and
     * SMTP. Default: none.
     */
    readonly answers?: readonly (string | Uint8Array)[]
  }
  /**
   * `postgres://` URL of a superuser: the live group makes a database of its own there, and drops it. Default: an embedded
   * Postgres in a temporary folder, for a few seconds more.
   */
  readonly databaseUrl?: string
  /** Name of an empty database of Postrider on that server, to copy. Default: a new database is migrated, for a second more. */
  readonly template?: string
}

/** Runs a case: a throw of the kit itself or of the connector is a finding like any other. */
export async function findingOf({ group, name, run }: Case): Promise<Finding> {
  try {
    const verdict = await run()
    if ('skipped' in verdict) return { group, name, status: 'skipped', messages: [verdict.skipped] }
    return { group, name, status: verdict.length > 0 ? 'failed' : 'passed', messages: verdict }
  } catch (error) {
    return { group, name, status: 'failed', messages: [messageOf(error)] }
  }
}
