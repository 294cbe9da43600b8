import { base, type Definition } from './base.ts'

/** Believes that data is an object. */
export default {
  ...base,
  buildRequest: (context) => {
    const body = JSON.stringify({ id: (context.event.data as { id: string }).id })
    return { ...base.buildRequest(context), body }
  },
} satisfies Definition
