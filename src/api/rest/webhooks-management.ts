import { z } from 'zod'
import { createDestination } from '../../destinations/create-destination.ts'
import { deleteDestination } from '../../destinations/delete-destination.ts'
import { updateDestination } from '../../destinations/update-destination.ts'
import { type Id, idTime, parseId } from '../../domain/id.ts'
import { type Problem, Refused, refused } from '../../domain/refused.ts'
import { Destination } from '../../store/destination.ts'
import { Organization } from '../../store/organization.ts'
import { type ApiContext, scopeOf } from '../context.ts'

// Webhooks by REST, for products whose customers have code for it: /api/webhooks-management as SalesOS documents it. A thin
// layer over the same verbs as GraphQL's; schema/openapi.json describes it.

/** A call, taken apart. */
export interface RestCall {
  readonly context: ApiContext
  /** Whose webhooks: the header postrider-organization, an id or an external id. */
  readonly organization: string | undefined
  readonly id?: string
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string | undefined>>
}

export interface RestAnswer {
  readonly status: number
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

interface Webhook {
  readonly id: string
  readonly url: unknown
  readonly events: readonly string[]
  readonly active: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

const MAX_LISTED = 100

const fields = {
  url: z.string(),
  events: z.array(z.string()),
  active: z.boolean(),
  label: z.string(),
}
const createSchema = z.strictObject({
  ...fields,
  events: fields.events.optional(),
  active: fields.active.optional(),
  label: fields.label.optional(),
  secret: z.string().optional(),
})
const changeSchema = z.strictObject(fields).partial()

export function createWebhook(call: RestCall): Promise<RestAnswer> {
  return answering(async () => {
    const { url, events, active, label, secret } = parseBody(createSchema, call.body)
    const { id: organizationId } = await findOrganization(call)
    const { destination, signingSecret } = await createDestination(call.context.parts, scopeOf(call.context), {
      organizationId,
      label: label ?? (URL.canParse(url) ? new URL(url).host.slice(0, 200) : 'Webhook'),
      connector: 'webhook',
      config: { url },
      eventTypes: events,
      active,
      signingSecret: secret,
    })
    return { status: 201, body: { ...toWebhook(destination), secret: signingSecret } }
  })
}

/** Newest first; `after` is the id of the last one of the page before. */
export function listWebhooks(call: RestCall): Promise<RestAnswer> {
  return answering(async () => {
    const { id: organizationId } = await findOrganization(call)
    const { after } = call.query ?? {}
    const before = after === undefined ? undefined : parseId('dst', after)
    if (after !== undefined && !before) throw refused('INVALID', `there is no webhook ${after}`, ['after'])
    const found = await call.context.parts.store
      .em()
      .find(
        Destination,
        { organizationId, connector: 'webhook', ...(before && { id: { $lt: before } }) },
        { orderBy: { id: 'desc' }, limit: MAX_LISTED + 1 },
      )
    const page = found.slice(0, MAX_LISTED)
    return { status: 200, body: { data: page.map(toWebhook), hasMore: found.length > MAX_LISTED } }
  })
}

export function getWebhook(call: RestCall): Promise<RestAnswer> {
  return answering(async () => ({ status: 200, body: toWebhook(await findWebhook(call)) }))
}

export function changeWebhook(call: RestCall): Promise<RestAnswer> {
  return answering(async () => {
    const { url, events, active, label } = parseBody(changeSchema, call.body)
    const { id } = await findWebhook(call)
    const destination = await updateDestination(call.context.parts, scopeOf(call.context), {
      id,
      label,
      active,
      eventTypes: events,
      config: url === undefined ? undefined : { url },
    })
    return { status: 200, body: toWebhook(destination) }
  })
}

export function deleteWebhook(call: RestCall): Promise<RestAnswer> {
  return answering(async () => {
    const { id } = await findWebhook(call)
    await deleteDestination(call.context.parts, scopeOf(call.context), id)
    return { status: 204 }
  })
}

function toWebhook({ id, config, eventTypes, inactiveSince, updatedAt }: Destination): Webhook {
  return {
    id,
    url: config.url,
    events: eventTypes,
    active: inactiveSince == null,
    createdAt: idTime(id).toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

class NotFound extends Error {}

async function findWebhook(call: RestCall): Promise<Destination> {
  const organization = await findOrganization(call)
  const id = parseId('dst', call.id!)
  const where = { organizationId: organization.id, connector: 'webhook' }
  const found = id && (await call.context.parts.store.em().findOne(Destination, { id, ...where }))
  if (!found) throw new NotFound(`There is no webhook ${call.id}`)
  return found
}

/** The one that the call names; without a name, the only one of the application. */
async function findOrganization({ context, organization: text }: RestCall): Promise<Organization> {
  const em = context.parts.store.em()
  const { applicationId, organizationId } = scopeOf(context)
  const own = { applicationId, isOperations: false, ...(organizationId && { id: organizationId }) }
  if (text === undefined) {
    const [only, ...others] = await em.find(Organization, own, { limit: 2 })
    if (only && others.length === 0) return only
    throw refused('INVALID', 'is required: the id or the external id of the customer', ['postrider-organization'])
  }
  const id: Id<'org'> | undefined = parseId('org', text)
  const found = await em.findOne(Organization, { $and: [own, id ? { id } : { externalId: text }] })
  if (!found) throw refused('INVALID', `there is no organization ${text}`, ['postrider-organization'])
  return found
}

function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {})
  if (parsed.success) return parsed.data
  throw new Refused(
    ...parsed.error.issues.map((issue): Problem => {
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys : []
      const path = [...issue.path.map(String), ...unknown.slice(0, 1)]
      return { code: 'INVALID', message: issue.message, path }
    }),
  )
}

/** What GraphQL calls the fields, by what they are called here. */
const names: Readonly<Record<string, string>> = { eventTypes: 'events', signingSecret: 'secret' }

/** Errors as problem details (RFC 9457), each naming its field. */
async function answering(work: () => Promise<RestAnswer>): Promise<RestAnswer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NotFound) return problem(404, 'Not Found', error.message)
    if (!(error instanceof Refused)) throw error
    const errors = error.problems.map(({ code, message, path }) => ({ field: fieldOf(path), code, message }))
    return problem(422, 'Unprocessable Content', errors.map((one) => `${one.field} ${one.message}`).join('; '), errors)
  }
}

export function problem(status: number, title: string, detail: string, errors: readonly object[] = []): RestAnswer {
  return { status, body: { type: 'about:blank', title, status, detail, ...(errors.length > 0 && { errors }) } }
}

function fieldOf(path: readonly string[]): string {
  const [first, ...inside] = path.filter((part) => part !== 'input' && part !== 'config')
  return [names[first ?? ''] ?? first, ...inside].join('.')
}
