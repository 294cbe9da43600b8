import { setTimeout as pause } from 'node:timers/promises'
import { TypedDocumentString } from '../../src/client/generated/documents.ts'
import { type Endpoint, request } from '../../src/client/request.ts'
import { openSocket, subscribe } from '../../src/client/subscribe.ts'

/** Follows the live feed from its first cursor on, and again from the last one seen whenever the socket breaks. */
export interface Follower extends AsyncDisposable {
  /** Where the feed stood before anything was published. */
  readonly firstCursor: string
  /** Ids of the attempts, as they came. */
  readonly seen: readonly string[]
  /** Reasons of feed resets; there is none to be had here. */
  readonly resets: readonly string[]
}

type Item = { __typename: string; cursor: string; attempt?: { id: string }; reason?: string }

// Slimmer than the client's own documents: tens of thousands of attempts come by.
const Follow = new TypedDocumentString<{ deliveryAttempts: Item }, { after?: string }>(
  `subscription ($after: String) {
    deliveryAttempts(after: $after) {
      __typename cursor
      ... on DeliveryAttemptRecorded { attempt { id } }
      ... on FeedReset { reason }
    }
  }`,
)
const Page = new TypedDocumentString<
  { deliveryAttempts: { nodes: { id: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } },
  { after: string }
>(
  `query ($after: String!) {
    deliveryAttempts(first: 100, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } }
  }`,
)

const RECONNECT_MS = 100

export async function startFollower(endpoint: Endpoint): Promise<Follower> {
  const seen: string[] = []
  const resets: string[] = []
  const firstCursor = Promise.withResolvers<string>()
  let socket = openSocket(endpoint, { retryAttempts: 0 })
  let isStopped = false
  let after: string | undefined

  function take(item: Item): void {
    if (item.attempt) seen.push(item.attempt.id)
    if (item.reason) resets.push(item.reason)
    after = item.cursor
    firstCursor.resolve(after)
  }

  async function follow(): Promise<void> {
    while (!isStopped) {
      try {
        for await (const { deliveryAttempts: item } of subscribe(socket, Follow, after ? { after } : {})) take(item)
      } catch {
        // The server has gone, or its Postgres: from the last cursor on, once it is there again.
        await pause(RECONNECT_MS)
      }
      socket.terminate()
      socket = openSocket(endpoint, { retryAttempts: 0 })
    }
  }

  const following = follow()
  return {
    firstCursor: await firstCursor.promise,
    seen,
    resets,
    async [Symbol.asyncDispose]() {
      isStopped = true
      socket.terminate()
      await socket.dispose()
      await following
    },
  }
}

/** The feed by the query, page by page from a cursor to the end. */
export async function readFeedFrom(endpoint: Endpoint, cursor: string): Promise<string[]> {
  const ids: string[] = []
  for (let after = cursor; ; ) {
    const { nodes, pageInfo } = (await request(endpoint, Page, { after })).deliveryAttempts
    ids.push(...nodes.map((node) => node.id))
    if (!pageInfo.hasNextPage) return ids
    after = pageInfo.endCursor
  }
}
