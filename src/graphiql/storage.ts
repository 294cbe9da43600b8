import { createLocalStorage } from '@graphiql/toolkit'

/** What GraphiQL calls the history of operations that were run, and those of them that got a star. */
const HISTORY = /:(queries|favorites)$/

/** A namespace of our own: another GraphiQL on the same localhost port must not hand us its tabs. */
export const browserStorage = createLocalStorage({ namespace: 'postrider' })

/** What holds headers: the last ones, and those of each tab. */
const HEADERS = /:(headers|tabState)$/

/** Tokens of portal sessions are JSON Web Tokens. API keys have no dots. */
const SESSION = /(?<=bearer +)[\w-]+\.[\w-]+\.[\w-]+/gi

const { getItem, setItem, removeItem } = browserStorage
const ofThisTab = (name: string) => `postrider:${name}`

/**
 * GraphiQL keeps an operation's headers in its history too, even for somebody who told it to keep none. A key would stay there
 * after it was taken out of all tabs, so history is stored without. The token of a portal session is kept for this tab of the
 * browser only: it is a customer's, who may sit at somebody else's machine.
 */
browserStorage.setItem = (name, value) => {
  if (HISTORY.test(name)) return setItem(name, withoutHeaders(value))
  const shared = HEADERS.test(name) ? value.replace(SESSION, '') : value
  setItem(name, shared)
  if (shared === value) sessionStorage.removeItem(ofThisTab(name))
  else sessionStorage.setItem(ofThisTab(name), value)
}
browserStorage.getItem = (name) => sessionStorage.getItem(ofThisTab(name)) ?? getItem(name)
browserStorage.removeItem = (name) => {
  removeItem(name)
  sessionStorage.removeItem(ofThisTab(name))
}

/** From now on nothing is stored until the page is loaded again: GraphiQL stores a little after an edit. */
export function stopStoring(): void {
  browserStorage.setItem = () => undefined
}

function withoutHeaders(history: string): string {
  return JSON.stringify(JSON.parse(history), (name, value) => (name === 'headers' ? undefined : value))
}
