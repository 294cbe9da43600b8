import type { StorageAPI } from '@graphiql/toolkit'
import type { Example } from './examples.ts'
import { authorizationOf, HEADERS_WITHOUT_KEY, withKey } from './key.ts'
import type { LinkedOperation } from './link.ts'

interface Tabs {
  activeTabIndex: number
  tabs: Tab[]
}

/** GraphiQL starts afresh when a tab lacks one of these. */
interface Tab {
  id: string
  title: string
  query: string | null
  variables: string | null
  headers: string | null
  operationName: string | null
  response: null
}

interface Opening {
  key: string | undefined
  linked: LinkedOperation | undefined
  examples: Example[]
}

/**
 * Readies what GraphiQL keeps in local storage and returns the headers to start with.
 *
 * The names and shapes are GraphiQL's own. When it starts, it looks among the stored tabs for the one
 * whose query, variables and headers equal the stored ones, and opens one tab more when there is none. It stores these three
 * only when an editor changes, so after a first visit in which only the query was edited the next start would add a broken
 * tab: hence they are all stored here, before the start.
 */
export function openSession(storage: StorageAPI, { key, linked, examples }: Opening): string {
  const tabs = storedTabs(storage)
  const storedHeaders = storage.get('headers')
  const headers = key === undefined ? (storedHeaders ?? HEADERS_WITHOUT_KEY) : withKey(storedHeaders, key)

  // Somebody may have told GraphiQL, in its settings, to keep no headers.
  const keepsHeaders = storage.get('shouldPersistHeaders') !== 'false'
  if (keepsHeaders && (tabs === undefined || key !== undefined)) storage.set('headers', headers)

  const shown = linked ?? (tabs === undefined ? examples[0] : undefined)
  if (shown !== undefined) {
    storage.set('query', shown.query)
    storage.set('variables', shown.variables ?? '')
  }
  if (tabs !== undefined && (linked !== undefined || (key !== undefined && keepsHeaders))) {
    if (linked !== undefined) openInFront(tabs, linked, keepsHeaders ? headers : null)
    if (key !== undefined && keepsHeaders) for (const tab of tabs.tabs) tab.headers = withKey(tab.headers, key)
    storage.set('headers', tabs.tabs[tabs.activeTabIndex]?.headers ?? '')
    storage.set('tabState', JSON.stringify(tabs))
  }
  return storage.get('headers') ?? headers
}

/** Takes the headers out of all that is stored, with every key in them. */
export function forgetKeys(storage: StorageAPI): void {
  const tabs = storedTabs(storage)
  storage.set('headers', HEADERS_WITHOUT_KEY)
  if (tabs === undefined) return
  for (const tab of tabs.tabs) tab.headers = HEADERS_WITHOUT_KEY
  storage.set('tabState', JSON.stringify(tabs))
}

/** A link that was opened before has its tab already, which then comes to the front. */
function openInFront(stored: Tabs, { query, variables = '' }: LinkedOperation, headers: string | null): void {
  const found = stored.tabs.find((tab) => tab.query === query && (tab.variables ?? '') === variables)
  const id = `link-${Date.now()}`
  const tab: Tab = found ?? { id, title: '<untitled>', query, variables, headers, operationName: null, response: null }
  if (authorizationOf(tab.headers ?? '') === undefined) tab.headers = headers
  stored.tabs = [tab, ...stored.tabs.filter((other) => other !== found)]
  stored.activeTabIndex = 0
}

function storedTabs(storage: StorageAPI): Tabs | undefined {
  try {
    const stored = JSON.parse(storage.get('tabState') ?? 'null') as Partial<Tabs> | null
    if (typeof stored?.activeTabIndex === 'number' && Array.isArray(stored.tabs)) return stored as Tabs
  } catch {
    // GraphiQL starts afresh as well when it can't read this.
  }
  return undefined
}
