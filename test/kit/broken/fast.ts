import { base, type Definition } from './base.ts'

/** Takes its time with what is large. */
export default {
  ...base,
  buildRequest: (context) => {
    const until = performance.now() + context.body.length / 3_000
    while (performance.now() < until);
    return base.buildRequest(context)
  },
} satisfies Definition
