import { base, type Definition } from './base.ts'

/** Takes what it says that it refuses, and refuses another at another place. */
export default {
  ...base,
  refine: ({ config }) => (config.url.endsWith('/hook') ? [{ message: 'It is no hook', path: ['config', 'url'] }] : []),
  samples: {
    ...base.samples!,
    rejects: [
      { config: { url: 'https://base.example.com/other' }, path: ['config', 'url'] },
      { credentials: { token: 'short' }, path: ['config', 'url'] },
    ],
  },
} satisfies Definition
