import { createOutbound } from '../../src/outbound/outbound.ts'
import { dataOf } from './api.ts'
import { measureBareLoop } from './bare-loop.ts'
import { inParallel, rateOf } from './pace.ts'
import { type BenchParts, type Row, rateRow } from './row.ts'

const CONCURRENCY = 64

/** What the guarded client costs beside a bare one, in one process and on kept-alive connections, in turns. */
export async function measureGuard(parts: BenchParts): Promise<Row[]> {
  const { receiver, isQuick } = parts
  const counted = isQuick ? 4_000 : 60_000
  await using outbound = createOutbound({ allow: ['127.0.0.1/32'] })
  const url = `${receiver.origin}/hook`
  const body = JSON.stringify({ id: 'evt', type: 'a', timestamp: new Date(), data: dataOf() })
  const options = { poolKey: 'bench', timeoutMs: 15_000, httpsOnly: false }
  const send = async () => {
    const headers = { 'content-type': 'application/json' }
    const result = await outbound.send({ method: 'POST', url, headers, body }, options)
    if (result.kind === 'failure') throw new Error(result.message)
  }
  await inParallel(CONCURRENCY, counted / 2, send)
  const bare = await measureBareLoop(receiver, { warm: counted / 2, counted })
  const perSecond = await rateOf(counted, () => inParallel(CONCURRENCY, counted, send))
  const ratio = perSecond / bare
  return [
    rateRow(parts, {
      what: 'the guarded client alone, 64 at a time to one destination, answers recorded',
      perSecond,
      beside: `${ratio.toFixed(2)} of the ${bare.toFixed(0)}/s of the bare loop just before`,
      numbers: { ratio, bare },
      atLeast: '0.8 of bare',
    }),
  ]
}
