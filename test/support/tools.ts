import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { TestContext } from 'vitest'

/** Debian's, or the one that the environment names. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
// Debian's rabbitmq-server runs as its own user only; the script beneath it runs as anybody.
export const RABBITMQ_SCRIPTS = '/usr/lib/rabbitmq/bin'

const answers = (command: string, ...args: string[]) => promisify(execFile)(command, args)

/** What some tests need beside Node: whether it is here, and what brings it. */
const tools = {
  chromium: {
    look: () => access(CHROMIUM, constants.X_OK),
    bringer: 'apt-get install chromium, or set CHROMIUM',
  },
  'redis-server': { look: () => answers('redis-server', '--version'), bringer: 'apt-get install redis-server' },
  'rabbitmq-server': {
    look: () => access(`${RABBITMQ_SCRIPTS}/rabbitmq-server`),
    bringer: 'apt-get install rabbitmq-server',
  },
  node: { look: () => answers(process.execPath, '--version'), bringer: 'https://nodejs.org' },
  python: { look: () => answers('python3', '--version'), bringer: 'apt-get install python3' },
  go: { look: () => answers('go', 'version'), bringer: 'apt-get install golang-go' },
  java: { look: () => answers('javac', '-version'), bringer: 'apt-get install default-jdk-headless' },
  ruby: { look: () => answers('ruby', '--version'), bringer: 'apt-get install ruby' },
  php: { look: () => answers('php', '--version'), bringer: 'apt-get install php-cli' },
  dotnet: {
    look: () => answers('dotnet', '--version'),
    bringer: 'Debian has no package of it; https://dotnet.microsoft.com/download has',
  },
}

export type Tool = keyof typeof tools

/** A tool that this machine lacks. */
interface Absence {
  readonly message: string
  /** Whether TEST_SKIP_MISSING lets its tests be skipped: `1` all of them, `dotnet,php` those of these tools. */
  readonly isTolerated: boolean
}

/** Undefined where the tool is. */
export async function findAbsence(tool: Tool): Promise<Absence | undefined> {
  const { look, bringer } = tools[tool]
  const isHere = await look().then(
    () => true,
    () => false,
  )
  if (isHere) return undefined
  const tolerated = (process.env.TEST_SKIP_MISSING ?? '').split(',')
  return {
    message: `${tool} is not on this machine (${bringer}; TEST_SKIP_MISSING=${tool} skips what needs it)`,
    isTolerated: tolerated.includes('1') || tolerated.includes(tool),
  }
}

/** Fails the test, because one that was skipped in silence looks like a passed one; skips it where that is tolerated. */
export function requirePresent(absence: Absence | undefined, context: TestContext): void {
  if (!absence) return
  if (absence.isTolerated) context.skip(absence.message)
  throw new Error(absence.message)
}
