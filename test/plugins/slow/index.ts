import { defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** Takes its time where nobody else can do anything. */
export default defineConnector({
  apiVersion: 1,
  key: 'slow',
  version: '1.0.0',
  displayName: 'Slow',
  description: 'Takes its time.',
  category: 'other',
  config: z.strictObject({ url: z.string() }),
  target: ({ config }) => ({ label: new URL(config.url).host }),
  buildRequest: ({ config, body }) => {
    const endsAt = performance.now() + 80
    while (performance.now() < endsAt);
    return { url: config.url, body }
  },
})
