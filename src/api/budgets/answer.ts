import type { GraphQLError } from 'graphql'
import { apiError } from '../mask-error.ts'

/** How much one answer holds so far. */
export interface Answer {
  /** At most the limit: what goes beyond is not loaded. */
  readonly usedBytes: number
  /** It holds more than it may: nothing of it is sent but the refusal. */
  readonly isOver: boolean
  readonly refusal: GraphQLError
  /** Throws QUERY_TOO_COMPLEX beyond the limit. */
  charge(bytes: number): void
  /**
   * Loads a value of this size. It is charged before; of large ones a few are loaded and read at a time, so that others have
   * the event loop in between.
   */
  load<T>(bytes: number, work: () => Promise<T>): Promise<T>
}

/** Values that are smaller than this never wait. */
const LARGE_BYTES = 16_384
/** Of large values that are loaded at a time; one that is larger goes alone. */
const MAX_LOADING_BYTES = 262_144

/** 0: no limit. */
export function createAnswer(maxBytes: number): Answer {
  let usedBytes = 0
  let isOver = false
  let refusal: GraphQLError | undefined
  let loadingBytes = 0
  const waiting: { readonly bytes: number; readonly onTurn: () => void }[] = []

  function admitWaiting(): void {
    for (let first = waiting[0]; first; first = waiting[0]) {
      if (loadingBytes > 0 && loadingBytes + first.bytes > MAX_LOADING_BYTES) return
      waiting.shift()
      loadingBytes += first.bytes
      first.onTurn()
    }
  }

  async function loadInTurn<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((onTurn) => {
      waiting.push({ bytes, onTurn })
      admitWaiting()
    })
    try {
      if (isOver) throw refuse()
      return await work()
    } finally {
      setImmediate(() => {
        loadingBytes -= bytes
        admitWaiting()
      })
    }
  }

  function charge(bytes: number): void {
    isOver ||= maxBytes > 0 && usedBytes + bytes > maxBytes
    if (isOver) throw refuse()
    usedBytes += bytes
  }

  const refuse = () => {
    refusal ??= apiError('QUERY_TOO_COMPLEX', `The answer has more than ${maxBytes} bytes; ask for less (ANSWER_BYTES)`)
    return refusal
  }
  return {
    get usedBytes() {
      return usedBytes
    },
    get isOver() {
      return isOver
    },
    get refusal() {
      return refuse()
    },
    charge,
    async load(bytes, work) {
      charge(bytes)
      return bytes < LARGE_BYTES ? work() : loadInTurn(bytes, work)
    },
  }
}
