import { type Browser, chromium, type Page } from 'playwright-core'
import { CHROMIUM } from './tools.ts'

/** Quiet and without a network of its own: playwright's own download is not there, Debian's chromium is. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** A page in a profile of its own, and what it did behind the glass. */
export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** Hosts of all requests and sockets so far. */
  readonly hosts: ReadonlySet<string>
  /** Errors and warnings of the console, uncaught errors, requests that failed. */
  readonly complaints: readonly string[]
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

export async function visit(browser: Browser): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const hosts = new Set<string>()
  const complaints: string[] = []
  // data: and blob: have no host.
  const note = (url: string) => void hosts.add(new URL(url).host)
  context.on('request', (request) => note(request.url()))
  page.on('websocket', (socket) => note(socket.url()))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`))
  return { page, hosts, complaints, [Symbol.asyncDispose]: () => context.close() }
}
