import type { WebSocket } from 'ws'
import type { Budgets } from '../api/budgets/budgets.ts'
import type { Principal } from '../api/principal.ts'

/** What one socket takes of its caller's budgets; given back when it closes. */
export interface SocketBudget {
  /** A subscription that is still to be read, by its payload: two may have the same id for a moment. Throws RATE_LIMITED. */
  begin(payload: object): void
  end(payload: object): void
  /** Waits while much of the caller's cost is used, so that what comes at once does not keep others waiting. */
  turn(): Promise<void>
  /** A client that goes on although it is refused is cut off. */
  refused(): void
}

/** Refused one after the other. */
const MAX_REFUSED = 100
const TRY_AGAIN_LATER = 1_013
/** How long the client has to hear why. */
const CLOSE_GRACE_MS = 500

let opened = 0

/** Throws RATE_LIMITED when the caller has too many sockets. */
export async function openSocketBudget(
  budgets: Budgets,
  principal: Principal,
  socket: WebSocket,
): Promise<SocketBudget> {
  const place = await budgets.openSocket(principal)
  const subscriptions = new Map<object, Disposable>()
  opened += 1
  const name = `socket ${opened}`
  let refusedCount = 0
  const end = (payload: object) => {
    subscriptions.get(payload)?.[Symbol.dispose]()
    subscriptions.delete(payload)
  }
  const endAll = () => {
    for (const payload of [...subscriptions.keys()]) end(payload)
    place[Symbol.dispose]()
  }
  if (socket.readyState === socket.OPEN) socket.once('close', endAll)
  else endAll()
  return {
    begin(payload) {
      subscriptions.set(payload, budgets.subscribe(principal, name))
      refusedCount = 0
    },
    end,
    turn: () => budgets.turn(principal),
    refused() {
      refusedCount += 1
      if (refusedCount <= MAX_REFUSED) return
      socket.close(TRY_AGAIN_LATER, 'Too many subscriptions were refused; wait')
      // What it has sent already, which may be thousands, is not read any more.
      socket.removeAllListeners('message')
      socket.pause()
      setTimeout(() => socket.terminate(), CLOSE_GRACE_MS)
    },
  }
}
