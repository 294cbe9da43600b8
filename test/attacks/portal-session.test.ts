import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import type { Endpoint } from '../../src/client/request.ts'
import { newId } from '../../src/store/new-id.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { sendRaw } from '../support/raw-request.ts'
import { openAcknowledged } from '../support/raw-socket.ts'

// A session that got into wrong hands is ended alone: the customer's others, and the key that made them, go on.

let postrider: TestPostrider
let backend: Backend
let organizationId: string
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
  organizationId = await backend.organization()
})
afterAll(() => postrider[Symbol.asyncDispose]())

describe('a session that is revoked', () => {
  test('is UNAUTHENTICATED at once, its socket closes with 4401, and others go on', async () => {
    const [stolen, other] = [await open(), await open()]
    const sockets = [
      await openAcknowledged(postrider.url, stolen.key),
      await openAcknowledged(postrider.url, other.key),
      await openAcknowledged(postrider.url, backend.endpoint.key),
    ] as const
    expect(await revoke(stolen.sessionId)).toEqual({ sessionId: stolen.sessionId, userErrors: [] })
    expect(await sockets[0].closed).toBe(4401)
    expect(await viewerOf(stolen)).toEqual(['UNAUTHENTICATED'])
    for (const socket of sockets.slice(1)) {
      // Answered, so open.
      socket.send({ type: 'ping' })
      expect((await socket.next()).type).toBe('pong')
      await socket[Symbol.asyncDispose]()
    }
    expect(await viewerOf(other)).toEqual([])
    expect(await viewerOf(backend.endpoint)).toEqual([])
  })

  test('is in the audit log, once', async () => {
    const { sessionId } = await open()
    await revoke(sessionId)
    await revoke(sessionId)
    const { auditLog } = await backend.send(documents.AuditLogDocument, { filter: { objectId: sessionId } })
    expect(auditLog.nodes).toMatchObject([{ action: 'PORTAL_SESSION_REVOKED', actorKind: 'APPLICATION' }])
  })

  test('stays so in another process of the same database, and for as long as it would have lasted', async () => {
    const session = await open()
    await using second = await startTestPostrider({}, { database: postrider.database })
    const elsewhere = { url: second.url, key: session.key }
    const socket = await openAcknowledged(second.url, session.key)
    await revoke(session.sessionId)
    expect(await socket.closed).toBe(4401)
    expect(await viewerOf(elsewhere)).toEqual(['UNAUTHENTICATED'])
    const [row] = await postrider.database.query<{ hours: number }>(
      'select round(extract(epoch from max(expires_at) - now()) / 3600)::int as hours from revoked_session',
    )
    expect(row).toEqual({ hours: 24 })
  })
})

describe('who may revoke', () => {
  test('neither a session nor a key of one organization', async () => {
    const [own, other] = [await open(), await open()]
    const input = { name: 'bound', organizationId }
    const { apiKeyCreate } = await backend.send(documents.ApiKeyCreateDocument, { input })
    for (const key of [own.key, apiKeyCreate.secret!]) {
      const query = `mutation { portalSessionRevoke(input: { id: "${other.sessionId}" }) { sessionId } }`
      expect((await sendRaw({ url: postrider.url, key }, query)).codes).toEqual(['FORBIDDEN'])
    }
    expect(await viewerOf(other)).toEqual([])
  })

  test('another application in vain', async () => {
    const session = await open()
    const stranger = await postrider.application()
    const input = { id: session.sessionId }
    await stranger.send(documents.PortalSessionRevokeDocument, { input })
    expect(await viewerOf(session)).toEqual([])
  })

  test.each(['ses_x', newId('org'), `ses_7zzzzzzzzz${newId('ses').slice(14)}`, ''])('%s is NOT_FOUND', async (id) => {
    expect(await revoke(id)).toMatchObject({
      sessionId: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }],
    })
  })

  test('an id of a session that has ended by itself leaves no row', async () => {
    const ended = `ses_01k0000000${newId('ses').slice(14)}`
    expect(await revoke(ended)).toEqual({ sessionId: ended, userErrors: [] })
    const { auditLog } = await backend.send(documents.AuditLogDocument, { filter: { objectId: ended } })
    expect(auditLog.nodes).toEqual([])
  })
})

interface Session extends Endpoint {
  readonly key: string
  readonly sessionId: string
}

async function open(): Promise<Session> {
  const { portalSessionCreate } = await backend.send(documents.PortalSessionCreateDocument, {
    input: { organizationId },
  })
  const { token, sessionId } = portalSessionCreate
  expect(sessionId).toMatch(/^ses_/)
  return { url: postrider.url, key: token!, sessionId: sessionId! }
}

async function revoke(id: string) {
  return (await backend.send(documents.PortalSessionRevokeDocument, { input: { id } })).portalSessionRevoke
}

async function viewerOf(endpoint: Endpoint): Promise<readonly string[]> {
  return (await sendRaw(endpoint, '{ viewer { kind } }')).codes
}
