/** What a link such as /graphiql/?query=QUERY&variables=JSON&operationName=NAME holds. */
export interface LinkedOperation {
  query: string
  /** JSON text. */
  variables?: string
  /** Which one, when the query has several. */
  operationName?: string
}

/** The operation of the link with which the page was opened. It leaves the address bar: a reload must not open it again. */
export function takeLinkFromAddress(): LinkedOperation | undefined {
  const address = new URL(location.href)
  const take = (name: string) => {
    const value = address.searchParams.get(name) ?? ''
    address.searchParams.delete(name)
    return value.trim() === '' ? undefined : value
  }
  const query = take('query')
  const variables = take('variables')
  const operationName = take('operationName')
  if (address.href !== location.href) history.replaceState(null, '', address)
  if (query === undefined) return undefined
  return { query, operationName, variables: variables === undefined ? undefined : indented(variables) }
}

/** The link to an operation. It never has headers: links are passed around, and keys must not be. */
export function linkTo({ query, variables = '', operationName }: LinkedOperation): string {
  const link = new URL(location.pathname, location.origin)
  link.searchParams.set('query', query)
  if (variables.trim() !== '') link.searchParams.set('variables', variables)
  if (operationName !== undefined) link.searchParams.set('operationName', operationName)
  return link.href
}

/** Links are written by programs too, on one line. Text that is not JSON is shown as it came. */
function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}
