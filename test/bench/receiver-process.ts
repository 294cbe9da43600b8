import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Seen } from './receiver.ts'

// The customers' servers, in a process of their own. What comes is counted; the path says how it is answered.

const SLOW_MS = 100
/** Longer than any delivery profile of the bench waits. */
const HANG_MS = 60_000

let count = 0
let hangs = 0
let latenciesUs: number[] = []

const server = createServer((incoming, response) => {
  const path = incoming.url ?? ''
  if (path.startsWith('/timed')) {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => keepLatency(Buffer.concat(chunks).toString('latin1'), response))
    return
  }
  incoming.resume()
  incoming.on('end', () => {
    if (path.startsWith('/hang')) {
      hangs += 1
      void answerLater(response, HANG_MS)
      return
    }
    count += 1
    if (path.startsWith('/slow')) void answerLater(response, SLOW_MS)
    else response.end()
  })
})
// Far above what one product opens; Node's own default closes idle connections after 5 s, in the middle of a run.
server.keepAliveTimeout = 60_000

function keepLatency(body: string, response: ServerResponse): void {
  const nowUs = Number(process.hrtime.bigint() / 1_000n)
  response.end()
  count += 1
  const sentAtUs = /"sentAtUs":(\d+)/.exec(body)?.[1]
  if (sentAtUs) latenciesUs.push(nowUs - Number(sentAtUs))
}

async function answerLater(response: ServerResponse, afterMs: number): Promise<void> {
  await pause(afterMs)
  response.end()
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.on('message', () => {
  process.send?.({ count, hangs, latenciesUs } satisfies Seen)
  latenciesUs = []
})
process.on('disconnect', () => process.exit())
