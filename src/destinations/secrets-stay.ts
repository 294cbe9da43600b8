import type { ReadyConnector } from '../connector/registry.ts'
import { secretsGoTo, secretsGoToBy } from '../connector/secrets-go-to.ts'
import { pointerPart } from '../domain/json-pointer.ts'
import { messageOf } from '../domain/message-of.ts'
import { type Problem, Refused } from '../domain/refused.ts'
import type { Destination } from '../store/destination.ts'
import { refusedSetting } from './connector-settings.ts'

// What a customer entered to be written only goes where it was entered for. Without this rule anyone who may change a
// destination, or only test its settings, reads its credentials at a server of their own.

/** A destination as it is stored, with its credentials opened. */
export interface StoredSecrets {
  readonly destination: Pick<Destination, 'connectorMajor' | 'config' | 'secretsGoTo' | 'headers'>
  readonly credentials: Readonly<Record<string, unknown>>
}

/** What the caller enters in the same call. */
interface Entered {
  readonly credentials?: unknown
  readonly headers?: readonly { readonly name: string; readonly value?: string | null | undefined }[] | undefined
}

interface Settings {
  readonly config: Record<string, unknown>
  readonly credentials: Record<string, unknown>
}

const AGAIN = 'enter it again: what is stored was entered for another server, and does not go to this one'

/** Throws REQUIRED for each stored secret that would go somewhere else with these settings, and was not entered again. */
export function refuseMovedSecrets(
  connector: ReadyConnector,
  stored: StoredSecrets,
  { settings, entered }: { settings: Settings; entered: Entered },
): void {
  const problems = [
    ...namesNotEntered(stored, entered).map(
      (name): Problem => ({
        code: 'REQUIRED',
        message: AGAIN,
        path: ['input', 'credentials', name],
        jsonPointer: `/${pointerPart(name)}`,
      }),
    ),
    ...headerProblems(stored, entered),
  ]
  if (problems.length > 0 && isElsewhere(connector, stored, settings)) throw new Refused(...problems)
}

/** Names of the stored credentials that are used, because the caller gave nothing in their place. */
export function namesNotEntered({ credentials }: StoredSecrets, entered: Entered): string[] {
  return Object.keys(credentials).filter((name) => !Object.hasOwn(Object(entered.credentials ?? {}), name))
}

/** Where config leads what is secret, to be stored with it. */
export function placesOf(connector: ReadyConnector, config: Record<string, unknown>): string[] {
  try {
    return secretsGoTo(connector, config)
  } catch (error) {
    throw refusedSetting(`the connector cannot say where credentials go: ${messageOf(error)}`, ['config'])
  }
}

export function isSamePlace(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function isElsewhere(connector: ReadyConnector, { destination, credentials }: StoredSecrets, to: Settings): boolean {
  try {
    // Only the connector that has stored a config can read it.
    const isReadable = destination.connectorMajor === connector.major
    const before = isReadable ? secretsGoTo(connector, destination.config) : destination.secretsGoTo
    return !(
      isSamePlace(before, secretsGoTo(connector, to.config)) &&
      isSamePlace(secretsGoToBy(connector, credentials), secretsGoToBy(connector, to.credentials))
    )
  } catch {
    return true
  }
}

function headerProblems({ destination }: StoredSecrets, { headers }: Entered): Problem[] {
  const secret = destination.headers.filter(({ value }) => value === null).map(({ name }) => name.toLowerCase())
  const problem = (message: string, place: readonly string[]): Problem => ({
    code: 'REQUIRED',
    message,
    path: ['input', 'headers', ...place],
  })
  if (secret.length === 0) return []
  if (!headers) return [problem(`${AGAIN} (${secret.join(', ')})`, [])]
  return headers.flatMap(({ name, value }, i) =>
    value == null && secret.includes(name.toLowerCase()) ? [problem(AGAIN, [String(i), 'value'])] : [],
  )
}
