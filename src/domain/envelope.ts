import type { DeliveryProfile } from './delivery-profile.ts'

export interface EnvelopeEvent {
  readonly id: string
  readonly type: string
  readonly createdAt: Date
  /** The organization's external id when it has one, its id otherwise. */
  readonly organizationId: string
  /** The event's data as compact JSON text: it is placed in the body byte for byte. */
  readonly dataJson: string
}

/** The request body of an event in an application's wire format: compact JSON, keys in the profile's order. */
export function renderEnvelope(fields: DeliveryProfile['envelope'], event: EnvelopeEvent): string {
  const own = fields.filter((field) => field.source !== 'DATA_SPREAD')
  const parts = own.map((field) => `${JSON.stringify(field.name)}:${fieldJson(field.source, event)}`)
  if (own.length < fields.length) parts.push(...spread(event.dataJson, new Set(own.map((field) => field.name))))
  return `{${parts.join(',')}}`
}

function fieldJson(source: DeliveryProfile['envelope'][number]['source'], event: EnvelopeEvent): string {
  switch (source) {
    case 'ID':
      return JSON.stringify(event.id)
    case 'TYPE':
      return JSON.stringify(event.type)
    case 'CREATED_AT':
      return JSON.stringify(event.createdAt.toISOString())
    case 'ORGANIZATION_ID':
      return JSON.stringify(event.organizationId)
    case 'DATA':
    case 'DATA_SPREAD':
      return event.dataJson
    default:
      return source satisfies never
  }
}

/** Whether an envelope takes only events whose data is an object. */
export function spreadsData(fields: DeliveryProfile['envelope']): boolean {
  return fields.some((field) => field.source === 'DATA_SPREAD')
}

export function isSpreadable(data: unknown): data is object {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

/** The data's own keys, less those the envelope already has: on a collision the envelope wins. */
function spread(dataJson: string, taken: ReadonlySet<unknown>): string[] {
  const data: unknown = JSON.parse(dataJson)
  // Published before the profile had it so.
  if (!isSpreadable(data)) throw new Error("the event's data is no object, and the delivery profile spreads its keys")
  return Object.entries(data)
    .filter(([key]) => !taken.has(key))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
}
