// The client of Postrider's API, for backends and pages: `postrider/client`. fetch and WebSocket, nothing but graphql-ws.
export {
  type AttemptFeedItem,
  type AttemptFeedOptions,
  AttemptFeedRefused,
  createAttemptFeed,
  type FeedAttempt,
} from './attempt-feed.ts'
export * from './generated/documents.ts'
export { type Endpoint, RequestFailed, request } from './request.ts'
export { openSocket, subscribe } from './subscribe.ts'
export { SubscriptionFailed } from './subscription-failed.ts'
