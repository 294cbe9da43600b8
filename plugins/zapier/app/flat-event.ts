/** What is known of an event, by its names in the API. */
export interface KnownEvent {
  readonly id: string
  readonly type: string
  /** ISO 8601, with milliseconds. */
  readonly createdAt: string
  /** The external id when the organization has one, its id otherwise. */
  readonly organization: string
  readonly data: unknown
}

/** What a Zap gets: the event and each field of its data under a name of its own. */
export interface FlatEvent {
  readonly id: string
  readonly type: string
  readonly createdAt: string
  readonly organization: string
  readonly [name: `data${string}`]: unknown
}

/**
 * Objects with longer names, and those that would make more fields, are not taken apart: each name repeats those of all
 * objects around it, and 250 KB of data could make gigabytes of names. Measured with 250 KB, the slowest takes some 10 ms.
 */
const MAX_OBJECT_NAME_LENGTH = 100
const MAX_FIELDS = 5_000

/**
 * One level of names for a form that has one level. Fields of objects are named as Zapier names them, by two underscores:
 * `data.customer.name` becomes `data__customer__name`; hence no field of the data can stand in the place of `id`. Lists stay
 * lists: Zapier reads them as line items. Data that is not an object is `data` itself. Where two fields come to the same name,
 * the later one gets `_2`, and so on.
 */
export function flatEvent({ data, ...event }: KnownEvent): FlatEvent {
  const fields: Record<string, unknown> = { ...event }
  const counts = new Map<string, number>()
  let room = MAX_FIELDS
  const add = (name: string, value: unknown) => {
    const keys = name.length <= MAX_OBJECT_NAME_LENGTH ? keysOf(value) : []
    if (keys.length === 0 || keys.length > room) {
      fields[freeName(name)] = value
      return
    }
    room -= keys.length
    for (const key of keys) add(`${name}__${key}`, (value as Record<string, unknown>)[key])
  }
  const freeName = (name: string) => {
    let free = name
    while (Object.hasOwn(fields, free)) {
      const count = (counts.get(name) ?? 1) + 1
      counts.set(name, count)
      free = `${name}_${count}`
    }
    return free
  }
  add('data', data)
  return fields as unknown as FlatEvent
}

/** Names of an object's fields; none for other values. */
function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
}
