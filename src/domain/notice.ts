/**
 * What an application's own people are told, as ordinary events of its operations organization. Each has a type in the
 * catalogue, that nobody else publishes, and says when it fires.
 */
export const noticeTypes = {
  'destination.failing': 'A destination failed so often in a row as the delivery profile says.',
  'destination.disabled':
    'Nothing is sent to a destination any more: it failed for too long, or its receiver asked for it.',
  'destination.recovered': 'A failing destination took an event again.',
  'delivery.exhausted': 'A delivery was given up: its retries are used up, or trying again is no use.',
  'apikey.created': 'A key of the application was made.',
} as const

export type NoticeType = keyof typeof noticeTypes

/** Heading that they stand under in the catalogue. */
export const NOTICE_GROUP = 'Operations'
