import * as documents from '../../src/client/generated/documents.ts'
import type { Backend, TestPostrider } from './postrider.ts'

export interface ConnectorSettings {
  readonly connector: string
  readonly config: Record<string, unknown>
  readonly credentials?: Record<string, unknown>
}

/** One destination of a connector, in an application of its own that tries a delivery twice, at once. */
export interface ConnectorStage {
  readonly backend: Backend
  readonly organizationId: string
  readonly id: string
  /** That signs for it; '' without. */
  readonly secret: string
  /** Publishes an event with this data, and returns its delivery as soon as that is finished. */
  deliver(data: unknown, type?: string): Promise<Delivery>
  /** "Send test": what the one attempt came to. */
  sendTest(data: unknown): Promise<documents.AttemptFieldsFragment>
  /** "Test connection": what it has against the settings. */
  check(): Promise<readonly CheckError[]>
  destination(): Promise<NonNullable<documents.DestinationQuery['destination']>>
}

export type Delivery = NonNullable<documents.DeliveryQuery['delivery']>

type CheckError = documents.ConnectorCheckMutation['connectorCheck']['userErrors'][number]

export async function stageConnector(
  postrider: TestPostrider,
  settings: ConnectorSettings,
  profile: documents.DeliveryProfileInput = {},
): Promise<ConnectorStage> {
  const backend = await postrider.application({ retryDelays: [0], ...profile })
  await backend.eventType('a')
  const organizationId = await backend.organization()
  const { id, secret } = await backend.destination({ organizationId, ...settings })
  return {
    backend,
    organizationId,
    id,
    secret,
    async deliver(data, type = 'a') {
      await backend.eventType(type)
      const { deliveries } = await backend.publish({ organizationId, type, data })
      await backend.finished(deliveries[0]!.id)
      return (await backend.send(documents.DeliveryDocument, { id: deliveries[0]!.id })).delivery!
    },
    async sendTest(data) {
      const sent = await backend.send(documents.DestinationTestDocument, { input: { id, eventType: 'a', data } })
      return sent.destinationTest.attempt!
    },
    async check() {
      const { connectorCheck } = await backend.send(documents.ConnectorCheckDocument, { input: settings })
      return connectorCheck.userErrors
    },
    async destination() {
      return (await backend.send(documents.DestinationDocument, { id })).destination!
    },
  }
}
