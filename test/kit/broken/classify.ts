import { base, type Definition } from './base.ts'

/** Is content with any answer. */
export const content = { ...base, classify: () => ({ kind: 'success' }) } satisfies Definition

/** Tries again, but not when it was asked to, and stumbles over HTML. */
export default {
  ...base,
  classify: ({ statusCode, body }) => {
    if (statusCode === 429) return { kind: 'retry', reason: 'Too many requests' }
    if (body.includes('<')) JSON.parse(body)
    return undefined
  },
} satisfies Definition
