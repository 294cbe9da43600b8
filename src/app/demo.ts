import type { EntityManager } from '@mikro-orm/postgresql'
import { defaultDeliveryProfile } from '../domain/delivery-profile.ts'
import type { Id } from '../domain/id.ts'
import type { Evaluator } from '../evaluate/evaluator.ts'
import { type EventTypeFields, upsertEventType } from '../publish/save-event-type.ts'
import { addApiKey } from '../store/api-key.ts'
import { Application, addApplication } from '../store/application.ts'
import { locks, takeLock } from '../store/locks.ts'
import { Organization } from '../store/organization.ts'
import type { Store } from '../store/store.ts'
import type { DataFolder, DemoFile } from './data-folder.ts'

/** The demo organization has the same id in every database, so that the examples in schema/examples run as they stand. */
export const DEMO_ORGANIZATION_ID: Id<'org'> = 'org_01k0000000e008000000000000'

const contactSchema = {
  type: 'object',
  required: ['id', 'name'],
  properties: { id: { type: 'string' }, name: { type: 'string' }, email: { type: 'string' } },
}

const catalogue: readonly EventTypeFields[] = [
  {
    name: 'inquiry.received',
    group: 'Inquiries',
    description: 'A new inquiry lands, by any channel.',
    payloadSchema: {
      type: 'object',
      required: ['inquiry'],
      properties: {
        inquiry: {
          type: 'object',
          required: ['id', 'subject'],
          properties: { id: { type: 'string' }, subject: { type: 'string' }, source: { type: 'string' } },
        },
        customer: contactSchema,
      },
    },
    samplePayload: {
      inquiry: { id: 'inq_1', subject: 'Do you deliver on Sundays?', source: 'email' },
      customer: { id: 'cus_1', name: 'Ada Lovelace', email: 'ada@example.com' },
    },
  },
  {
    name: 'inquiry.closed',
    group: 'Inquiries',
    description: 'An inquiry is closed with an outcome.',
    samplePayload: { inquiry: { id: 'inq_1' }, outcome: 'won' },
  },
  {
    name: 'contact.created',
    group: 'Contacts',
    description: 'A new contact is added.',
    payloadSchema: contactSchema,
    samplePayload: { id: 'cus_1', name: 'Ada Lovelace', email: 'ada@example.com' },
  },
]

/**
 * In a database without any application, makes a demo one with a key, a small catalogue and an organization, and keeps
 * the key in the data folder. Returns the demo's key as long as the data folder has it.
 */
export async function prepareDemo(
  store: Store,
  evaluator: Evaluator,
  folder: DataFolder,
): Promise<DemoFile | undefined> {
  await store.em().transactional(async (em) => {
    await takeLock(em, locks.firstStart)
    // Kept before the commit: a key without its file would be lost for good, a file without its key is made anew.
    if ((await em.count(Application)) === 0) await folder.keepDemo(await makeDemo(em, evaluator))
  })
  return folder.readDemo()
}

async function makeDemo(em: EntityManager, evaluator: Evaluator): Promise<DemoFile> {
  const deliveryProfile = { ...defaultDeliveryProfile, httpsOnly: false }
  const application = addApplication(em, { name: 'Demo', deliveryProfile })
  const { secret } = addApiKey(em, application.id, 'Made on first start')
  em.create(Organization, {
    id: DEMO_ORGANIZATION_ID,
    applicationId: application.id,
    externalId: 'demo',
    name: 'Demo customer',
    createdAt: new Date(),
  })
  await em.flush()
  for (const type of catalogue) await upsertEventType({ em, evaluator }, application.id, type)
  return { applicationId: application.id, apiKey: secret }
}
