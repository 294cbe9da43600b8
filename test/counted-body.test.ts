import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { counted } from '../src/server/counted-body.ts'

test('a body that breaks off ends what reads it', async () => {
  const body = new IncomingMessage(new Socket())
  const read = text(counted(body))
  body.push('{"query":')
  body.destroy(new Error('aborted'))
  await expect(read).rejects.toThrow('aborted')
})
