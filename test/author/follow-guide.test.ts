import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { followAttempts } from '../../docs/guides/follow/follow-attempts.ts'
import { showAttempts } from '../../docs/guides/follow/show-attempts.ts'
import { createPortalSessions } from '../../src/api/portal-session.ts'
import { PortalSessionCreateDocument } from '../../src/client/generated/documents.ts'
import { newId } from '../../src/store/new-id.ts'
import { blocksOf } from '../support/markdown.ts'
import { startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { prepareReader } from '../support/reader.ts'

// The TypeScript and the tables of docs/guides/follow-attempts-live.md, as a reader uses them.

const guidesDir = path.resolve(import.meta.dirname, '../../docs/guides')
const guide = await readFile(path.join(guidesDir, 'follow-attempts-live.md'), 'utf8')
const textOf = (language: string) => blocksOf(guide).flatMap((block) => (block.language === language ? block.text : []))
const patience = { timeout: 30_000 }

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('the guide holds each file as it stands, and no other', async () => {
  const names = await readdir(path.join(guidesDir, 'follow'))
  const files = await Promise.all(names.map((name) => readFile(path.join(guidesDir, 'follow', name), 'utf8')))
  expect(textOf('ts').toSorted()).toEqual(files.toSorted())
})

test('a backend keeps each attempt once, with its cursor, also of what happened while it was away', async () => {
  await using reader = await prepareReader(postrider)
  const db = new pg.Pool({ connectionString: postrider.database.url })
  await db.query(textOf('sql').join('\n'))
  const rows = async (table: string) => (await db.query(`select * from ${table}`)).rows
  const events: string[] = []
  for (const run of [1, 2]) {
    const stopping = new AbortController()
    const following = followAttempts(db, { ...reader.backend.endpoint, signal: stopping.signal })
    // Without a cursor it begins now, and says so by its first item.
    if (run === 1) await expect.poll(() => rows('feed_cursor'), patience).toHaveLength(1)
    events.push((await reader.order()).id)
    await expect.poll(() => rows('webhook_attempt'), patience).toHaveLength(events.length)
    stopping.abort()
    await following
    if (run === 1) events.push((await reader.order()).id)
  }
  expect((await rows('webhook_attempt')).map((row) => row.event_id).toSorted()).toEqual(events.toSorted())
  await db.end()
})

test('a page shows the newest attempts and what follows, beyond the end of its session', async () => {
  await using reader = await prepareReader(postrider)
  const { organizationId, backend } = reader
  const events = [(await reader.order()).id]
  // As the server signs them, with the key of the tests.
  const brief = await createPortalSessions([{ id: 'k1', key: Buffer.alloc(32) }]).issue({
    id: newId('ses'),
    applicationId: backend.applicationId as never,
    organizationId: organizationId as never,
    keyId: undefined,
    expiresAt: new Date((Math.floor(Date.now() / 1_000) + 2) * 1_000),
  })
  const fetchToken = vi.fn(async () => {
    const { portalSessionCreate } = await backend.send(PortalSessionCreateDocument, { input: { organizationId } })
    return portalSessionCreate.token!
  })
  fetchToken.mockResolvedValueOnce(brief)
  const shown: string[] = []
  const leaving = new AbortController()
  const showing = showAttempts((attempt) => shown.push(attempt.delivery!.eventId), {
    url: postrider.url,
    fetchToken,
    signal: leaving.signal,
  })
  await expect.poll(() => fetchToken, patience).toHaveBeenCalledTimes(2)
  events.push((await reader.order()).id)
  await expect.poll(() => shown, patience).toEqual(events)
  leaving.abort()
  await showing
})
