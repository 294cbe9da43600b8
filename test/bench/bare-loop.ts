import { Pool } from 'undici'
import { dataOf } from './api.ts'
import { inParallel, rateOf } from './pace.ts'
import type { BenchReceiver } from './receiver.ts'

const CONNECTIONS = 64

/**
 * A POST loop by undici against the receiver: what this machine can do with no product in between. Cold it makes half,
 * and would flatter every ratio. Requests/s.
 */
export async function measureBareLoop(
  receiver: BenchReceiver,
  { warm, counted }: { warm: number; counted: number },
): Promise<number> {
  const pool = new Pool(receiver.origin, { connections: CONNECTIONS })
  const body = JSON.stringify({ id: 'evt', type: 'a', timestamp: new Date(), data: dataOf() })
  const headers = { 'content-type': 'application/json' }
  const send = async () => {
    const answer = await pool.request({ path: '/hook', method: 'POST', headers, body })
    await answer.body.dump()
  }
  try {
    await inParallel(CONNECTIONS, warm, send)
    return await rateOf(counted, () => inParallel(CONNECTIONS, counted, send))
  } finally {
    await pool.destroy()
  }
}
