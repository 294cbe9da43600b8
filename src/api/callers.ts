import type { GraphQLObjectType, GraphQLSchema } from 'graphql'

// Who may call which field, as descriptions say it. The refusing is done by applicationOf, refuseSession and
// requireOperator; test/portal-session.test.ts holds the two together. A key that is bound to an organization counts as a
// portal session.

const ANYBODY = 'any key and any session'
const OPERATOR = 'the operator'
const KEYS = 'API keys, and the operator inside an application'
const KEYS_AND_SESSIONS = 'API keys, portal sessions, and the operator inside an application'

const callers: Readonly<Record<string, string>> = {
  apiKeyCreate: KEYS,
  apiKeyRevoke: KEYS,
  applicationCreate: OPERATOR,
  applicationUpdate: KEYS,
  applications: ANYBODY,
  auditLog: KEYS,
  connector: ANYBODY,
  connectors: ANYBODY,
  destinationSecretReveal: 'API keys and portal sessions',
  eventPublish: KEYS,
  eventTypeArchive: KEYS,
  eventTypeUpsert: KEYS,
  eventsPublish: KEYS,
  organizationDelete: KEYS,
  organizationUpsert: KEYS,
  portalSessionCreate: KEYS,
  portalSessionRevoke: KEYS,
  viewer: ANYBODY,
}

const roots = {
  Query: 'What reads. Nothing here changes anything.',
  Mutation: 'What changes something. Expected failures are `userErrors`, and then nothing was changed.',
  Subscription: 'What streams: over a WebSocket (graphql-transport-ws) at the same path.',
}

/** Adds to the description of each field of a root who may call it, and describes the roots. */
export function describeRoots(schema: GraphQLSchema): GraphQLSchema {
  for (const [name, description] of Object.entries(roots)) {
    const type = schema.getType(name) as GraphQLObjectType
    type.description = description
    for (const field of Object.values(type.getFields())) {
      field.description = `${field.description} Callers: ${callers[field.name] ?? KEYS_AND_SESSIONS}.`
    }
  }
  return schema
}
