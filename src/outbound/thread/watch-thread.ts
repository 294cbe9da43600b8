import type { Peer } from './peer.ts'
import type { ThreadSide } from './sides.ts'

const TURN_MS = 1_000
/** Turns without an answer to a ping after which the connector's code spins. Counted, since the whole process may be frozen. */
const MAX_SILENT_TURNS = 5
const MAX_TURNS_TO_LOAD = 60

export interface Watch extends Disposable {
  /** The connector is loaded. */
  onReady(): void
}

/** Asks a thread for signs of life while calls wait in it. `onSilent` is told why it is to be ended. */
export function watchThread(thread: Peer<ThreadSide>, onSilent: (why: string) => void): Watch {
  let isReady = false
  let isPinged = false
  let turns = 0

  async function ping(): Promise<void> {
    isPinged = true
    turns = 0
    await thread.call('ping', undefined)
    isPinged = false
  }

  const timer = setInterval(() => {
    turns += 1
    if (!isReady) {
      if (turns >= MAX_TURNS_TO_LOAD) onSilent('It did not load')
    } else if (!isPinged) {
      if (thread.waiting > 0) ping().catch(() => undefined)
    } else if (turns >= MAX_SILENT_TURNS)
      onSilent(`It did not answer for ${(MAX_SILENT_TURNS * TURN_MS) / 1_000} seconds`)
  }, TURN_MS).unref()
  return {
    onReady() {
      isReady = true
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
