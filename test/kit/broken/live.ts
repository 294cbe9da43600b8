import { base, type Definition } from './base.ts'

let isBusy = false

/** Can do one thing at a time. */
export default {
  ...base,
  deliver: async (host, { request: { url, ...init } }) => {
    if (isBusy) throw new Error('It is busy')
    isBusy = true
    try {
      const response = await host.fetch(url, init)
      return response.ok ? { kind: 'success' } : { kind: 'retry', reason: 'Not now' }
    } finally {
      isBusy = false
    }
  },
} satisfies Definition
