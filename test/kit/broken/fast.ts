import { base, type Definition } from './base.ts'

/** Takes its time with what is large. */
export default {
  ...base,
  buildRequest: (context) => {
    const before = process.threadCpuUsage()
    while (process.threadCpuUsage(before).user < context.body.length / 4);
    return base.buildRequest(context)
  },
} satisfies Definition
