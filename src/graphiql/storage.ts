import { createLocalStorage } from '@graphiql/toolkit'

/** What GraphiQL calls the history of operations that were run, and those of them that got a star. */
const HISTORY = /:(queries|favorites)$/

/** A namespace of our own: another GraphiQL on the same localhost port must not hand us its tabs. */
export const browserStorage = createLocalStorage({ namespace: 'postrider' })

/**
 * GraphiQL keeps an operation's headers in its history too, even for somebody who told it to keep none. A key would stay there
 * after it was taken out of all tabs, so history is stored without.
 */
const { setItem } = browserStorage
browserStorage.setItem = (name, value) => setItem(name, HISTORY.test(name) ? withoutHeaders(value) : value)

function withoutHeaders(history: string): string {
  return JSON.stringify(JSON.parse(history), (name, value) => (name === 'headers' ? undefined : value))
}
