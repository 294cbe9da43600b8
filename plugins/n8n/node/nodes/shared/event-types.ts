import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow'
import { callApi } from './api'

interface EventTypesPage {
  readonly eventTypes: {
    readonly nodes: ReadonlyArray<{
      readonly name: string
      readonly description: string | null
      readonly status: string
    }>
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

/** The application's catalogue, as choices in alphabetical order. */
export async function getEventTypes(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
  const options: INodePropertyOptions[] = []
  let after: string | null = null
  do {
    const page: EventTypesPage = await callApi<EventTypesPage>(
      this,
      `query EventTypes($after: String) {
        eventTypes(first: 100, after: $after) { nodes { name description status } pageInfo { hasNextPage endCursor } }
      }`,
      { after },
    )
    const { nodes, pageInfo } = page.eventTypes
    for (const { name, description, status } of nodes) {
      if (status !== 'ARCHIVED') options.push({ name, value: name, ...(description && { description }) })
    }
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after)
  return options.sort((a, b) => a.name.localeCompare(b.name))
}
