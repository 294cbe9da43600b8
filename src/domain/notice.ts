/**
 * What an application's own people are told, as ordinary events of its operations organization. Each has a type in the
 * catalogue, that nobody else publishes, and says when it fires.
 */
export const noticeTypes = {
  'destination.failing': { description: 'A destination failed so often in a row as the delivery profile says.' },
  'destination.disabled': {
    description: 'Nothing is sent to a destination any more: it failed for too long, or its receiver asked for it.',
  },
  'destination.recovered': { description: 'A failing destination took an event again.' },
  'delivery.exhausted': {
    description: 'A delivery was given up: its retries are used up, or trying again is no use.',
  },
  'apikey.created': { description: 'A key of the application was made.' },
  'event.rejected': {
    description:
      'An event published by SQL broke the schema of its type, or is to be delivered too far ahead. It has no deliveries until eventReplay finds it in order.',
    samplePayload: {
      event: {
        id: 'evt_01k0000000e008000000000000',
        type: 'order.placed',
        organizationId: 'org_01k0000000e008000000000000',
        organizationExternalId: 'acme',
        idempotencyKey: 'order-4711-placed',
      },
      problems: [
        {
          code: 'PAYLOAD_INVALID',
          message: "breaks the event type's schema at /total: must be number",
          path: ['data'],
          jsonPointer: '/total',
        },
      ],
    },
    payloadSchema: {
      type: 'object',
      properties: {
        event: {
          type: 'object',
          properties: {
            id: { type: 'string', description: 'For Query.event and eventReplay.' },
            type: { type: 'string', description: 'Name of its event type.' },
            organizationId: { type: 'string' },
            organizationExternalId: { type: ['string', 'null'], description: "The application's own id of it." },
            idempotencyKey: { type: ['string', 'null'], description: 'null when it was published without one.' },
          },
          required: ['id', 'type', 'organizationId', 'organizationExternalId', 'idempotencyKey'],
        },
        problems: {
          type: 'array',
          description: 'As Event.problems has them.',
          minItems: 1,
          items: {
            type: 'object',
            properties: {
              code: { type: 'string', description: 'A UserErrorCode.' },
              message: { type: 'string' },
              path: { type: 'array', items: { type: 'string' }, description: 'The field of the event.' },
              jsonPointer: { type: 'string', description: 'RFC 6901: the place in data that breaks the schema.' },
            },
            required: ['code', 'message', 'path'],
          },
        },
      },
      required: ['event', 'problems'],
    },
  },
} satisfies Readonly<Record<string, Notice>>

export type NoticeType = keyof typeof noticeTypes

export interface Notice {
  readonly description: string
  /** Default: none. */
  readonly samplePayload?: object
  readonly payloadSchema?: Record<string, unknown>
}

/** Heading that they stand under in the catalogue. */
export const NOTICE_GROUP = 'Operations'
