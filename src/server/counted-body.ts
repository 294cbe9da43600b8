import { type Readable, Transform } from 'node:stream'

/** Of a customer, the largest is a test send with data of its own: 256 KB, however it is written as JSON. */
export const CUSTOMER_BODY_LIMIT_BYTES = 1_024 * 1_024

export function tooLarge(): Error {
  const message = `The body is at most ${CUSTOMER_BODY_LIMIT_BYTES} bytes`
  return Object.assign(new Error(message), { statusCode: 413 })
}

/** The same bytes, ending with 413 when they are more than a customer's, and with the body's own error when it breaks off. */
export function counted(body: Readable): Readable {
  let bytes = 0
  const count = new Transform({
    transform(chunk: Buffer, _, pass) {
      bytes += chunk.length
      if (bytes > CUSTOMER_BODY_LIMIT_BYTES) pass(tooLarge())
      else pass(null, chunk)
    },
  })
  // Not pipeline: that would end the connection before a body that is too large is answered.
  body.once('error', (error) => count.destroy(error))
  return body.pipe(count)
}
