import { testConnector } from 'postrider/connector/kit'
import { afterAll, beforeAll } from 'vitest'
import { startMailServer } from '../../test/support/mail-server.ts'
import connector from './index.ts'

let server: Awaited<ReturnType<typeof startMailServer>>
beforeAll(async () => {
  server = await startMailServer()
})
afterAll(() => server[Symbol.asyncDispose]())

testConnector(connector, {
  live: () => ({
    config: { host: '127.0.0.1', port: server.port, security: 'none', from: 'a@example.com', to: ['b@example.com'] },
  }),
})
