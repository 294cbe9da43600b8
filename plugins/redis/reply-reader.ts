/** What Redis has against a command, in its words. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError'
}

/** The longest reply that a command of ours can have, bytes: an error with a text, the id of an entry. */
const MAX_REPLY_BYTES = 16_384

const LF = 10

/**
 * Reads the replies of RESP 2 that our commands have: +text, -error, :integer and $bulk. Lists, and what RESP 3 pushes, are
 * never asked for and end the connection.
 */
export class ReplyReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The replies that are whole now. Throws when this is not RESP 2, or longer than any reply may be. */
  *read(chunk: Buffer): Generator<string | null | ReplyError> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (let reply = this.#next(); reply !== undefined; reply = this.#next()) yield reply
    if (this.#rest.length > MAX_REPLY_BYTES) throw new Error('A reply of Redis is too long')
  }

  #next(): string | null | ReplyError | undefined {
    const end = this.#rest.indexOf(LF)
    if (end < 0) return undefined
    const line = this.#rest.toString('utf8', 1, Math.max(1, end - 1))
    switch (String.fromCharCode(this.#rest[0]!)) {
      case '+':
      case ':':
        this.#skip(end + 1)
        return line
      case '-':
        this.#skip(end + 1)
        return new ReplyError(line)
      case '$':
        return this.#bulk(line, end + 1)
      default:
        throw new Error('The answer was not of Redis')
    }
  }

  #bulk(length: string, start: number): string | null | undefined {
    if (length === '-1') {
      this.#skip(start)
      return null
    }
    if (!/^\d{1,9}$/.test(length)) throw new Error('A reply of Redis has no length')
    const end = start + Number(length)
    if (end > MAX_REPLY_BYTES) throw new Error('A reply of Redis is too long')
    if (this.#rest.length < end + 2) return undefined
    const text = this.#rest.toString('utf8', start, end)
    this.#skip(end + 2)
    return text
  }

  #skip(bytes: number): void {
    this.#rest = this.#rest.subarray(bytes)
  }
}
