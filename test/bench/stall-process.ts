import { stalls, type Target } from '../support/stalls.ts'

// One caller that keeps the event loop busy, in a process of its own: what it is busy with itself is not what others notice.

export interface StartStall extends Omit<Target, 'signal' | 'answers'> {
  readonly name: string
}

const answers = new Map<string, number>()
const stopping = new AbortController()
let stalling: Promise<void> | undefined

process.on('message', async (message: StartStall | object) => {
  if ('name' in message) stalling = stalls[message.name]!({ ...message, signal: stopping.signal, answers })
  else {
    stopping.abort()
    await stalling
  }
  process.send?.([...answers])
})
process.on('disconnect', () => process.exit())
process.send?.({})
