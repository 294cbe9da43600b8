import type { ConnectorRegistry } from '../connector/registry.ts'
import type { Evaluator } from '../evaluate/evaluator.ts'
import type { OutboundOf } from '../outbound/outbound-of.ts'
import type { Store } from '../store/store.ts'

/** What the verbs of destinations work with. */
export interface DestinationParts {
  readonly store: Store
  readonly connectors: ConnectorRegistry
  readonly evaluator: Evaluator
  readonly outboundOf: OutboundOf
  /** Most destinations of an organization; 0: no limit. */
  readonly maxDestinations: number
  /** Told of the bytes of each answer that a remote service gave to a question of the caller's. */
  readonly onAsked?: ((bytes: number) => void) | undefined
}
