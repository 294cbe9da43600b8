import { base, type Definition } from './base.ts'

/** Sends the time of day. */
export const clock = {
  ...base,
  buildRequest: (context) => ({ ...base.buildRequest(context), body: `${Date.now()}` }),
} satisfies Definition

/** Counts its calls. */
let calls = 0
export const counter = {
  ...base,
  buildRequest: (context) => ({ ...base.buildRequest(context), body: `${calls++}` }),
} satisfies Definition

/** Writes into the event that it is given. */
export default {
  ...base,
  buildRequest: (context) => {
    if (context.event.data && typeof context.event.data === 'object') Object.assign(context.event.data, { seen: true })
    return base.buildRequest(context)
  },
} satisfies Definition
