import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { DestinationUpdateDocument } from '../src/client/generated/documents.ts'
import { startTestPostrider } from './support/postrider.ts'

test('organizations that send to the same server never share a connection, nor does one with what it was before', async () => {
  await using postrider = await startTestPostrider()
  await using server = await startServer()
  const backend = await postrider.application()
  await backend.eventType('a')
  const tenants = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const organizationId = await backend.organization(name)
      const { id } = await backend.destination({ organizationId, url: `${server.url}/${name}` })
      return { name, organizationId, id }
    }),
  )
  const deliverAll = async () => {
    for (const { organizationId } of tenants) {
      const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
      await backend.finished(deliveries[0]!.id)
    }
  }
  await deliverAll()
  await deliverAll()
  const ports = (path: string) => new Set(server.seen.filter((one) => one.path === path).map((one) => one.port))
  expect(server.seen).toHaveLength(4)
  expect([ports('/one').size, ports('/two').size]).toEqual([1, 1])
  expect([...ports('/one')].some((port) => ports('/two').has(port))).toBe(false)

  await backend.send(DestinationUpdateDocument, { input: { id: tenants[0]!.id, label: 'Changed' } })
  await deliverAll()
  expect([ports('/one').size, ports('/two').size]).toEqual([2, 1])
})

/** Says from which port of ours each request came. */
async function startServer() {
  const seen: { path: string; port: number }[] = []
  const server = createServer((request, response) => {
    seen.push({ path: request.url!, port: request.socket.remotePort! })
    request.resume().on('end', () => response.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
