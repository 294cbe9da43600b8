import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// A receiver in a process of its own: answers 200 at once, and tells over IPC how many requests came and, when asked
// for latencies, how long ago each event was published (data.sentAtMs, by the clock that both share).

let count = 0
let latencies: number[] = []

const server = createServer((incoming, response) => {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    response.end()
    count += 1
    const sentAtMs = /"sentAtMs":([\d.]+)/.exec(Buffer.concat(chunks).toString('latin1'))?.[1]
    if (sentAtMs) latencies.push(performance.timeOrigin + performance.now() - Number(sentAtMs))
  })
})

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.on('message', () => {
  process.send?.({ count, latencies })
  latencies = []
})
