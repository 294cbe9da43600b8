import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { EventsPublishDocument } from '../../src/client/generated/documents.ts'
import { startBrowser, visit } from '../support/browser.ts'
import { committedAttempts } from '../support/feed-follower.ts'
import { startTestPostrider } from '../support/postrider.ts'
import { startReceiver } from '../support/receiver.ts'
import { findAbsence, requirePresent } from '../support/tools.ts'

test('in a browser, from the built entry, over a connection that is cut', async (context) => {
  requirePresent(await findAbsence('chromium'), context)
  await using receiver = await startReceiver()
  await using site = await serveSite()
  await using browser = await startBrowser()
  const own = await startTestPostrider({ POSTRIDER_CORS_ORIGINS: site.origin })
  try {
    const shop = await own.application()
    const there = await shop.hook(receiver.url)
    await using shown = await visit(browser)
    const { page } = shown
    await page.goto(`${site.origin}/?url=${encodeURIComponent(own.url)}&key=${shop.endpoint.key}`)
    await page.waitForFunction('document.title === "following"')
    const events = () =>
      Array.from({ length: 20 }, () => ({ organizationId: there.organizationId, type: 'a', data: {} }))
    await shop.send(EventsPublishDocument, { input: { events: events() } })
    await page.waitForFunction('ids.length === 20')
    await page.evaluate('sockets.forEach((socket) => socket.close())')
    await shop.send(EventsPublishDocument, { input: { events: events() } })
    await page.waitForFunction('ids.length === 40')
    expect(await page.evaluate('ids')).toEqual(await committedAttempts(own.database))
  } finally {
    await own[Symbol.asyncDispose]()
  }
})

/** A page of a product, with the client as npm installs it and nothing that was bundled. */
async function serveSite(): Promise<AsyncDisposable & { readonly origin: string }> {
  const root = path.resolve(import.meta.dirname, '../..')
  const page = `<script type="importmap">{ "imports": { "postrider/client": "/dist/client/index.js", "graphql-ws": "/node_modules/graphql-ws/dist/client.js" } }</script>
    <script>
      const sockets = [], ids = []
      const Own = WebSocket
      WebSocket = class extends Own { constructor(...args) { super(...args); sockets.push(this) } }
    </script>
    <script type="module">
      import { createAttemptFeed } from 'postrider/client'
      const options = Object.fromEntries(new URLSearchParams(location.search))
      for await (const item of createAttemptFeed(options)) {
        document.title = 'following'
        if (item.kind === 'attempt') ids.push(item.attempt.id)
      }
    </script>`
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://site')
    if (pathname === '/') return void response.setHeader('content-type', 'text/html').end(page)
    const file = await readFile(path.join(root, pathname)).catch(() => undefined)
    response.writeHead(file ? 200 : 404, { 'content-type': 'text/javascript' }).end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
