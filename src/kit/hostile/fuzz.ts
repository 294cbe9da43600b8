import { setTimeout as pause } from 'node:timers/promises'
import type { DeliverResult } from '../../connector/define-connector.ts'
import { messageOf } from '../../domain/message-of.ts'
import { type Ended, inTime, type Method } from '../call.ts'
import type { Heard } from '../listen-in.ts'
import type { Parsed } from '../subject.ts'
import { createDice } from './dice.ts'
import { incredible, startHostileServer, type Trick, tricks } from './hostile-server.ts'
import { openSocketHost } from './socket-host.ts'

export interface FuzzOptions {
  /** The first call has this seed, the next one this and 1, and so on. */
  readonly seed: number
  readonly calls: number
  /** What an honest server of the kind answers, in order. Empty: the kit knows RESP, AMQP 0-9-1 and SMTP. */
  readonly answers: readonly (string | Uint8Array)[]
}

export interface FuzzReport {
  readonly calls: number
  readonly longestMs: number
  /** Each names its seed. */
  readonly problems: readonly string[]
}

const AT_ONCE = 10
/** The time limit of each call. */
const LIMIT_MS = 300
/** A connector may say goodbye for some seconds to a server that does not answer. */
const MAX_WAIT_MS = 10_000
/** Bytes. The guard lets 256 KiB through between two writes, and a handshake has a few writes. */
const MOST_READ_BYTES = 2 * 1_024 * 1_024
/** For what is thrown when a call is over. */
const AFTERMATH_MS = 100

/** Calls a method again and again, each time against a server of a seed of its own. */
export async function fuzz(method: Method, settings: Parsed, options: FuzzOptions, heard: Heard): Promise<FuzzReport> {
  const problems: string[] = []
  let longestMs = 0
  const { seed: firstSeed, calls } = options
  for (let done = 0; done < calls; done += AT_ONCE) {
    const [uncaught, unhandled] = [heard.uncaught.length, heard.unhandled.length]
    const count = Math.min(AT_ONCE, calls - done)
    const seeds = Array.from({ length: count }, (_, n) => firstSeed + done + n)
    const tried = await Promise.all(seeds.map((seed) => tryOne(method, settings, { ...options, seed })))
    if (done + count === calls) await pause(AFTERMATH_MS)
    longestMs = Math.max(longestMs, ...tried.map(({ durationMs }) => durationMs))
    problems.push(...tried.flatMap((one) => one.problems))
    const within = `(seeds ${seeds[0]} to ${seeds.at(-1)})`
    for (const error of heard.uncaught.slice(uncaught))
      problems.push(`${method.name} throws where nobody can catch it: ${textOf(error)} ${within}`)
    for (const error of heard.unhandled.slice(unhandled))
      problems.push(`${method.name} leaves a promise behind that nobody handles: ${textOf(error)} ${within}`)
  }
  return { calls, longestMs, problems: [...new Set(problems)] }
}

async function tryOne(method: Method, settings: Parsed, { seed, answers }: FuzzOptions) {
  const dice = createDice(seed)
  const trick = dice.pick(tricks)
  await using server = await startHostileServer(trick, dice, answers)
  const fake = openSocketHost(server.port)
  const timer = setTimeout(fake.end, LIMIT_MS)
  const startedAtMs = performance.now()
  const ended = await inTime((async () => method.call(fake, settings))(), MAX_WAIT_MS)
  const durationMs = performance.now() - startedAtMs
  clearTimeout(timer)
  await fake.close()
  const problems = [...problemsOf(method, trick, ended), ...tooMuch(method, fake.mostRead())]
  return { durationMs, problems: problems.map((problem) => `${problem} (${trick}, seed ${seed})`) }
}

function problemsOf({ name }: Method, trick: Trick, { result, thrown, isLate }: Ended<unknown>): string[] {
  if (isLate) return [`${name} does not end: pass host.signal on`]
  if (thrown !== undefined) return messageOf(thrown) === '' ? [`${name} throws an error without a message`] : []
  if (!incredible.has(trick)) return []
  if (name === 'check') return (result as unknown[]).length === 0 ? ['check is content'] : []
  const kind = (result as DeliverResult | undefined)?.kind
  return kind === 'success' || kind === 'disable' ? [`deliver calls it ${kind}`] : []
}

function tooMuch({ name }: Method, bytes: number): string[] {
  return bytes > MOST_READ_BYTES ? [`${name} has read ${bytes} bytes of what it did not ask for`] : []
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
