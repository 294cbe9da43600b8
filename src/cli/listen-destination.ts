import { hostname } from 'node:os'
import {
  DestinationCreateDocument,
  DestinationDeleteDocument,
  DestinationDocument,
  DestinationSecretRevealDocument,
  DestinationsDocument,
} from '../client/generated/documents.ts'
import type { Api } from './api.ts'
import { CallRefused, throwIfRefused } from './failure.ts'
import type { FoundOrganization } from './organization.ts'
import { note } from './output.ts'

/** The destination whose attempts are forwarded. Disposing a temporary one deletes it. */
export interface Followed extends AsyncDisposable {
  readonly id: string
  readonly isTemporary: boolean
  /** Null when it was not asked for, or when nothing is signed. */
  readonly signingSecret: string | null
}

export async function followExisting(api: Api, id: string, { showSecret }: { showSecret: boolean }): Promise<Followed> {
  const { destination } = await api.send(DestinationDocument, { id })
  if (!destination) throw new CallRefused({ path: ['destination'], message: `there is no destination ${id}` })
  const signingSecret = showSecret ? await revealSecret(api, id) : null
  return { id, isTemporary: false, signingSecret, async [Symbol.asyncDispose]() {} }
}

async function revealSecret(api: Api, id: string): Promise<string | null> {
  const { destinationSecretReveal } = await api.send(DestinationSecretRevealDocument, { input: { id } })
  throwIfRefused(destinationSecretReveal.userErrors)
  return destinationSecretReveal.signingSecret ?? null
}

export interface TemporaryOptions {
  /** Answers anything with 2xx: /listen of a Postrider, as that Postrider reaches itself. */
  readonly sink: string
  readonly eventTypes: readonly string[] | undefined
  readonly signingSecret: string | undefined
}

const LABEL = `postrider listen on ${hostname()}`

/** One that gets what is published from now on, and is gone with the command. */
export async function followTemporary(
  api: Api,
  organization: FoundOrganization,
  { sink, eventTypes, signingSecret: secret }: TemporaryOptions,
): Promise<Followed> {
  await tellOthers(api, organization)
  const { destinationCreate } = await api.send(DestinationCreateDocument, {
    input: {
      organizationId: organization.id,
      label: LABEL.slice(0, 200),
      description: 'Temporary: shows its events to a developer, and goes when that command ends.',
      config: { url: sink },
      eventTypes: eventTypes && [...eventTypes],
      ...(secret && { signingSecret: secret }),
    },
  })
  if (destinationCreate.userErrors.length > 0) {
    const advice = `It would have sent to ${sink}, its own /listen. Give --sink as it reaches itself, or follow an existing destination with --destination.`
    throw new CallRefused(...destinationCreate.userErrors, { message: advice })
  }
  const id = String(destinationCreate.destination!.id)
  return {
    id,
    isTemporary: true,
    signingSecret: destinationCreate.signingSecret ?? null,
    [Symbol.asyncDispose]: () => remove(api, id),
  }
}

async function remove(api: Api, id: string): Promise<void> {
  try {
    await api.send(DestinationDeleteDocument, { input: { id } })
  } catch (error) {
    note(`The temporary destination stays: run "postrider destinations delete ${id}".`)
    throw error
  }
}

/** Of commands that run elsewhere on this machine, or that were killed and could not take theirs away. */
async function tellOthers(api: Api, { id: organizationId }: FoundOrganization): Promise<void> {
  const { destinations } = await api.send(DestinationsDocument, { organizationId, filter: { search: LABEL } })
  const others = destinations.nodes.map((destination) => destination.id)
  if (others.length === 0) return
  note(`Also there, of another "postrider listen": ${others.join(', ')}. If that ended, delete what it left behind.`)
}
