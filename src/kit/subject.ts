import type { RequestContext } from '../connector/define-connector.ts'
import { connectorOf, type ReadyConnector } from '../connector/registry.ts'
import { deepFreeze } from '../domain/deep-freeze.ts'
import { defaultDeliveryProfile } from '../domain/delivery-profile.ts'
import { renderEnvelope } from '../domain/envelope.ts'
import type { CorpusEvent } from './corpus.ts'
import { refineRefusals } from './samples.ts'

/** Settings as the schemas parsed them. */
export interface Parsed {
  readonly config: Record<string, unknown>
  readonly credentials: Record<string, unknown>
}

/** What the cases look at: a definition that holds together, with settings to try it. */
export interface Subject {
  readonly connector: ReadyConnector
  readonly settings: Parsed
}

/** Throws with the reason when there is nothing to try. */
export function subjectOf(definition: unknown): Subject {
  const connector = connectorOf(definition)
  const { config, credentials, samples } = connector.definition
  if (!samples) throw new Error('there are no samples')
  const parsed = config.safeParse(samples.config)
  const secret = credentials?.safeParse(samples.credentials)
  const isRefused = !parsed.success || secret?.success === false
  if (isRefused || refineRefusals(connector.definition, samples).length > 0)
    throw new Error('it refuses its own samples')
  const settings = { config: parsed.data, credentials: secret?.data ?? {} } as Parsed
  return { connector, settings: deepFreeze(settings) }
}

const ids = {
  event: 'evt_01k8zz0000e008000000000001',
  delivery: 'dlv_01k8zz0000e008000000000002',
  organization: 'acme',
}

/** A delivery as the pipeline gives it to a connector. Everything in it is frozen, and the same each time. */
export function contextOf(
  { config, credentials }: Parsed,
  { type, data, isTest = false }: CorpusEvent,
): RequestContext<unknown, unknown> {
  const createdAt = new Date('2026-01-31T23:59:59.999Z')
  const event = { id: ids.event, type, createdAt, organizationId: ids.organization, data }
  return deepFreeze({
    event,
    body: renderEnvelope(defaultDeliveryProfile.envelope, { ...event, dataJson: JSON.stringify(data) }),
    config,
    credentials,
    delivery: { id: ids.delivery, attempt: 1, isTest },
  })
}

/** The same, for a connector to write into if it must: that it may not is the matter of the group `pure` alone. */
export function looseContextOf(settings: Parsed, event: CorpusEvent): RequestContext<unknown, unknown> {
  return structuredClone(contextOf(settings, event))
}
