import { type Flooded, floods } from '../support/floods.ts'

// One customer that floods, in a process of its own: what it is busy with itself is not what others notice of it.

export interface StartFlood extends Omit<Flooded, 'signal' | 'answers'> {
  readonly name: string
}

const answers = new Map<string, number>()
const stopping = new AbortController()
let flooding: Promise<void> | undefined

process.on('message', async (message: StartFlood | object) => {
  if ('name' in message) flooding = floods[message.name]!({ ...message, signal: stopping.signal, answers })
  else {
    stopping.abort()
    await flooding
  }
  process.send?.([...answers])
})
process.on('disconnect', () => process.exit())
process.send?.({})
