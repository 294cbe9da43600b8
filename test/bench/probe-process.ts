import { Agent, get } from 'node:http'

// Somebody who asks /healthz every 10 ms, in a process of its own: how long it waits is how long the event loop stands still.

export interface Probe {
  readonly url: string
}

/** Milliseconds. */
export interface Waited {
  readonly longest: number
  readonly p99: number
}

const EVERY_MS = 10
const agent = new Agent({ keepAlive: true })
const waits: number[] = []
/** When the requests under way began. */
const begun = new Set<number>()
let timer: NodeJS.Timeout | undefined

function ask(url: string): void {
  const startMs = performance.now()
  begun.add(startMs)
  const end = () => {
    begun.delete(startMs)
    waits.push(performance.now() - startMs)
  }
  get(`${url}/healthz`, { agent }, (response) => response.resume().on('end', end)).on('error', end)
}

function result(): Waited {
  const nowMs = performance.now()
  const all = [...waits, ...[...begun].map((startMs) => nowMs - startMs)].toSorted((a, b) => a - b)
  return { longest: all.at(-1) ?? 0, p99: all[Math.floor(all.length * 0.99)] ?? 0 }
}

process.on('message', (message: Probe | object) => {
  clearInterval(timer)
  if ('url' in message) {
    waits.length = 0
    timer = setInterval(() => ask(message.url), EVERY_MS)
  }
  process.send?.(result())
})
process.on('disconnect', () => process.exit())
process.send?.({})
