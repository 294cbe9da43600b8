import { lookup, Resolver } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Looks up the addresses of a name. May go on in the background when the signal fires; the caller has left by then. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<string[]>

/**
 * The default look-up. One question a name at a time, for all callers; answers are kept for ten seconds and failures for
 * five, so that neither a busy nor a dead name is asked about at every connection; nobody waits over five seconds.
 */
export function createResolve(ask: (hostname: string) => Promise<string[]> = createSystemLookup()): Resolve {
  const known = new Map<string, Answer>()
  return (hostname, signal) => {
    let answer = known.get(hostname)
    if (!answer || answer.staleAtMs <= performance.now()) {
      answer = remember(ask(hostname))
      known.delete(hostname)
      known.set(hostname, answer)
      if (known.size > NAMES_KEPT) known.delete(known.keys().next().value!)
    }
    return withinLimit(answer.addresses, signal)
  }
}

const ANSWER_KEPT_MS = 10_000
const FAILURE_KEPT_MS = 5_000
const WAIT_MS = 5_000
const NAMES_KEPT = 5_000
/** dns.lookup blocks a thread of libuv's four, which the file system needs too: one stays free. */
const THREADS_FOR_LOOKUPS = 3

interface Answer {
  readonly addresses: Promise<string[]>
  /** By performance.now(); a question under way never goes stale, so a slow name holds one thread and not three. */
  staleAtMs: number
}

function remember(addresses: Promise<string[]>): Answer {
  const answer: Answer = { addresses, staleAtMs: Number.POSITIVE_INFINITY }
  addresses.then(
    () => {
      answer.staleAtMs = performance.now() + ANSWER_KEPT_MS
    },
    () => {
      answer.staleAtMs = performance.now() + FAILURE_KEPT_MS
    },
  )
  return answer
}

async function withinLimit(addresses: Promise<string[]>, signal: AbortSignal): Promise<string[]> {
  const settled = new AbortController()
  const limit = delay(WAIT_MS, undefined, { signal: AbortSignal.any([signal, settled.signal]), ref: false }).then(
    () => {
      throw Object.assign(new Error('Name look-up took too long'), { code: 'ETIMEOUT' })
    },
  )
  try {
    return await Promise.race([addresses, limit])
  } finally {
    settled.abort()
  }
}

/**
 * dns.lookup, because it reads /etc/hosts. While slow names hold its threads, the others are asked of c-ares, which
 * needs none and does not read /etc/hosts: a name that it does not know waits for a thread.
 */
function createSystemLookup(): (hostname: string) => Promise<string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  const waiting: (() => void)[] = []
  let threads = THREADS_FOR_LOOKUPS
  return async (hostname) => {
    if (threads === 0) {
      const addresses = await askNameServers(resolver, hostname)
      if (addresses.length > 0) return addresses
    }
    if (threads > 0) threads -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return (await lookup(hostname, { all: true })).map(({ address }) => address)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else threads += 1
    }
  }
}

async function askNameServers(resolver: Resolver, hostname: string): Promise<string[]> {
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}
