import { PassThrough } from 'node:stream'
import { startPostgresProxy } from '../support/postgres-proxy.ts'

/** Stands between the product and Postgres, and counts the statements that go through. */
export interface CountingProxy extends AsyncDisposable {
  /** The URL that leads through it. */
  readonly url: string
  /** Execute and simple Query messages so far. */
  readonly statements: number
}

export async function startCountingProxy(databaseUrl: string): Promise<CountingProxy> {
  let statements = 0
  const proxy = await startPostgresProxy(databaseUrl, {
    toServer: () => {
      const count = createStatementCounter(() => {
        statements += 1
      })
      return new PassThrough().on('data', count)
    },
  })
  return {
    url: proxy.url,
    get statements() {
      return statements
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  }
}

const EXECUTE = 'E'.charCodeAt(0)
const QUERY = 'Q'.charCodeAt(0)

/**
 * Reads one client's side of the protocol: messages of a type byte and a length that counts itself, but for the first,
 * which has no type. Chunks may cut them anywhere.
 */
function createStatementCounter(onStatement: () => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  let skip = 0
  let headLength = 4
  return (chunk) => {
    const skipped = Math.min(skip, chunk.length)
    skip -= skipped
    rest = Buffer.concat([rest, chunk.subarray(skipped)])
    while (rest.length >= headLength) {
      const hasType = headLength === 5
      if (hasType && (rest[0] === EXECUTE || rest[0] === QUERY)) onStatement()
      const length = hasType ? 1 + rest.readUInt32BE(1) : rest.readUInt32BE(0)
      headLength = 5
      skip = Math.max(0, length - rest.length)
      rest = rest.subarray(length)
    }
  }
}
