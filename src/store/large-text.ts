import { type Id, idFromUuid, idToUuid, type Uuid } from '../domain/id.ts'
import type { Sql } from './sql.ts'

// Texts of up to a megabyte, which rows are read without.

/** Of these attempts, those whose requests had a body other than the envelope, and its bytes. */
export async function findBodySizes(reads: Sql, ids: readonly Id<'att'>[]): Promise<Map<Id<'att'>, number>> {
  const rows = await reads<{ id: Uuid<'att'>; bytes: number }>(
    `select id, octet_length(request_body) as bytes from delivery_attempt
     where id = any($1::uuid[]) and request_body is not null`,
    [ids.map(idToUuid)],
  )
  return new Map(rows.map(({ id, bytes }) => [idFromUuid('att', id), bytes]))
}

export async function findBodies(reads: Sql, ids: readonly Id<'att'>[]): Promise<Map<Id<'att'>, string>> {
  const rows = await reads<{ id: Uuid<'att'>; body: string }>(
    `select id, request_body as body from delivery_attempt where id = any($1::uuid[]) and request_body is not null`,
    [ids.map(idToUuid)],
  )
  return new Map(rows.map(({ id, body }) => [idFromUuid('att', id), body]))
}

/** Of these events, those whose data is kept. */
export async function findData(reads: Sql, ids: readonly Id<'evt'>[]): Promise<Map<Id<'evt'>, string>> {
  const rows = await reads<{ id: Uuid<'evt'>; data: string }>(
    `select id, data from event where id = any($1::uuid[]) and data is not null`,
    [ids.map(idToUuid)],
  )
  return new Map(rows.map(({ id, data }) => [idFromUuid('evt', id), data]))
}
