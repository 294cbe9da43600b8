import { once } from 'node:events'
import line from '../line.ts'

/** Parses what comes where nobody can catch it, and believes in anything that comes. */
export default {
  ...line,
  deliver: async (host, { config, request }) => {
    const socket = await host.connect(config)
    try {
      socket.on('data', (chunk: Buffer) => {
        setImmediate(() => {
          if (chunk.includes(0)) throw new Error('That is not text')
        })
      })
      socket.write(`${request.body}\n`)
      await once(socket, 'data', { signal: host.signal })
      return { kind: 'success' }
    } finally {
      socket.destroy()
    }
  },
} satisfies typeof line
