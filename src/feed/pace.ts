/** What a follower of the feed asks for before it goes on. */
export interface Pace {
  /** Attempts that are read at a time. */
  readonly pageSize: number
  /** A place among those of its caller that read what has happened already; given back once it follows live. */
  turn(signal: AbortSignal): Promise<Disposable>
  /** Resolves when the caller may take more, after this many attempts were read for it. */
  spend(attempts: number, signal: AbortSignal): Promise<void>
}

/** As many attempts as a page costs the database by itself, also an empty one. */
export const PAGE_COST = 25

/** Nothing is slowed down. */
export const unpaced: Pace = {
  pageSize: 200,
  turn: async () => ({ [Symbol.dispose]: () => undefined }),
  spend: async () => undefined,
}

/** Of one follower: it has a turn or none. */
export function createTurns(pace: Pace, signal: AbortSignal) {
  let turn: Disposable | undefined
  const giveBack = () => {
    turn?.[Symbol.dispose]()
    turn = undefined
  }
  return {
    async take() {
      turn ??= await pace.turn(signal)
    },
    giveBack,
    [Symbol.dispose]: giveBack,
  }
}
