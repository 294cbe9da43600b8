import type { GraphQLError } from 'graphql'
import { apiError } from '../mask-error.ts'

/** How much one answer holds so far. */
export interface Answer {
  /** At most the limit: what goes beyond is not loaded. */
  readonly usedBytes: number
  /** It holds more than it may: nothing of it is sent but the refusal. */
  readonly isOver: boolean
  readonly refusal: GraphQLError
  /** Throws QUERY_TOO_COMPLEX beyond the limit. Large values are charged before they are loaded. */
  charge(bytes: number): void
}

/** 0: no limit. */
export function createAnswer(maxBytes: number): Answer {
  let usedBytes = 0
  let isOver = false
  let refusal: GraphQLError | undefined
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
    charge(bytes) {
      isOver ||= maxBytes > 0 && usedBytes + bytes > maxBytes
      if (isOver) throw refuse()
      usedBytes += bytes
    },
  }
}
