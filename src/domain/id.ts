import { fromUUID, toUUID } from 'typeid-js'

/** What each kind of id starts with. In the API ids are TypeIDs (`evt_01k…`); in tables they are the UUIDv7 inside. */
export type IdPrefix = 'app' | 'key' | 'org' | 'ety' | 'dst' | 'sec' | 'evt' | 'dlv' | 'att' | 'rec' | 'aud' | 'ses'
export type Id<P extends IdPrefix> = `${P}_${string}`

declare const kind: unique symbol
/** An id as tables have it. The kind is known to the compiler only, so that no event's id passes for a delivery's. */
export type Uuid<P extends IdPrefix = IdPrefix> = string & { readonly [kind]: P }

// The 26 letters of a UUIDv7, with its version and its variant in their places, or of the nil UUID: typeid-js throws for
// others.
const SUFFIX = /^(?:[0-7][0-9a-hjkmnp-tv-z]{9}[ef][0-9a-hjkmnp-tv-z]{2}[89abrstv][0-9a-hjkmnp-tv-z]{12}|0{26})$/

export function idFromUuid<P extends IdPrefix>(prefix: P, uuid: Uuid<P>): Id<P> {
  if (!RECURRING.has(prefix)) return fromUUID(uuid, prefix) as string as Id<P>
  const known = recurring.get(uuid)
  if (known?.startsWith(prefix)) return known as Id<P>
  if (recurring.size === MAX_RECURRING) recurring.clear()
  const id = fromUUID(uuid, prefix) as string as Id<P>
  recurring.set(uuid, id)
  return id
}

/** Kinds whose ids stand in every row of the others: each is written once, and then known. */
const RECURRING: ReadonlySet<IdPrefix> = new Set(['app', 'org', 'dst'])
const MAX_RECURRING = 10_000
const recurring = new Map<string, string>()

export function idToUuid<P extends IdPrefix>(id: Id<P>): Uuid<P> {
  return toUUID(id as never) as string as Uuid<P>
}

/** The id when `text` is one of this kind; undefined otherwise, which callers treat as "not found". */
export function parseId<P extends IdPrefix>(prefix: P, text: string): Id<P> | undefined {
  return text.startsWith(`${prefix}_`) && SUFFIX.test(text.slice(prefix.length + 1)) ? (text as Id<P>) : undefined
}

/** UUIDv7 keeps the time of its making in its first 48 bits; that is the row's creation time, to the millisecond. */
export function idTime(id: Id<IdPrefix>): Date {
  return uuidTime(idToUuid(id))
}

/** The same of a bare UUIDv7. */
export function uuidTime(uuid: string): Date {
  return new Date(Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16))
}

/** The smallest UUIDv7 of this millisecond: the half-open bound between ids made before and from then on. */
export function uuidFloor<P extends IdPrefix>(timeMs: number): Uuid<P> {
  const hex = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000` as Uuid<P>
}
