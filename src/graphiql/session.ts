import { createLocalStorage, type StorageAPI } from '@graphiql/toolkit'
import type { Example } from './examples.ts'
import { HEADERS_WITHOUT_KEY, withKey } from './key.ts'

/** A namespace of our own: another GraphiQL on the same localhost port must not hand us its tabs. */
export const browserStorage = createLocalStorage({ namespace: 'postrider' })

interface Tabs {
  activeTabIndex: number
  tabs: { headers: string | null }[]
}

/**
 * Readies what GraphiQL keeps in local storage and returns the headers to start with.
 *
 * The names and shapes are GraphiQL's own. When it starts, it looks among the stored tabs for the one
 * whose query, variables and headers equal the stored ones, and opens one tab more when there is none. It stores these three
 * only when an editor changes, so after a first visit in which only the query was edited the next start would add a broken
 * tab: hence they are all stored here, before the start.
 */
export function openSession(
  storage: StorageAPI,
  { key, examples }: { key: string | undefined; examples: Example[] },
): string {
  const tabs = storedTabs(storage)
  const storedHeaders = storage.get('headers')
  const headers = key === undefined ? (storedHeaders ?? HEADERS_WITHOUT_KEY) : withKey(storedHeaders, key)

  // Somebody may have told GraphiQL, in its settings, to keep no headers.
  const keepsHeaders = storage.get('shouldPersistHeaders') !== 'false'
  if (keepsHeaders && (tabs === undefined || key !== undefined)) storage.set('headers', headers)

  const first = examples[0]
  if (tabs === undefined && first !== undefined) {
    storage.set('query', first.query)
    storage.set('variables', first.variables ?? '')
  } else if (tabs !== undefined && key !== undefined && keepsHeaders) {
    for (const tab of tabs.tabs) tab.headers = withKey(tab.headers, key)
    const active = tabs.tabs[tabs.activeTabIndex]
    if (active?.headers) storage.set('headers', active.headers)
    storage.set('tabState', JSON.stringify(tabs))
  }
  return storage.get('headers') ?? headers
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
