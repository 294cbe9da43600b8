import type { ReadyConnector } from '../connector/registry.ts'
import { createSecrets, type Secrets } from '../domain/secrets.ts'

type Credentials = Readonly<Record<string, unknown>>

/** Credentials that open nothing, for a request that is shown: what is blanked out of it says nothing about the real ones. */
export interface StandIns {
  readonly credentials: Record<string, unknown>
  readonly secrets: Secrets
}

const known = new WeakMap<Credentials, StandIns>()

/** As many as there are real ones. The connector's samples where it has some: its schema lets them pass. */
export function standInsFor({ definition }: ReadyConnector, real: Credentials): StandIns {
  const found = known.get(real)
  if (found) return found
  const samples = (definition.samples?.credentials ?? {}) as Credentials
  const credentials = Object.fromEntries(
    Object.entries(real).map(([name, value]) => [name, Object.hasOwn(samples, name) ? samples[name] : standIn(value)]),
  )
  const standIns = { credentials, secrets: createSecrets({ credentials }) }
  known.set(real, standIns)
  return standIns
}

/** A text that nobody can guess in the place of each. */
function standIn(value: unknown): unknown {
  if (typeof value === 'string')
    return /^https?:/i.test(value) ? `https://${crypto.randomUUID()}.invalid/` : crypto.randomUUID()
  if (Array.isArray(value)) return value.map(standIn)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, standIn(inner)]))
}
