/** One of schema/examples, as /graphiql/config.json serves it. */
export interface Example {
  /** For people who read config.json: GraphiQL names a tab after the operation inside it. */
  title: string
  query: string
  /** JSON text. */
  variables?: string
}

/** The examples in the server's order; none when they can't be read, since the page is of use without them. */
export async function loadExamples(): Promise<Example[]> {
  try {
    const response = await fetch('/graphiql/config.json')
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    const config = (await response.json()) as { tabs: Example[] }
    return config.tabs
  } catch (cause) {
    console.warn('The examples of /graphiql/config.json could not be read.', cause)
    return []
  }
}
