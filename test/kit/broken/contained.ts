import { base, type Definition } from './base.ts'

/** Asks for ever, in vain, in the wrong form, and says too much about it. */
export default {
  ...base,
  check: () => new Promise(() => undefined),
  options: {
    channel: async (host, { config }) => {
      void Promise.reject(new Error('nobody looks'))
      return (await (await host.fetch(config.url!)).text()) as never
    },
  },
  onCreate: async (host, { config }) => {
    await host.fetch(config.url).catch(() => undefined)
  },
  onDelete: async (_, { credentials }) => {
    throw new Error(`Not with ${[...credentials.token].reverse().join('')}`)
  },
} satisfies Definition
