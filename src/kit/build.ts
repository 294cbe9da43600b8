import type { ConnectorRequest } from '../connector/define-connector.ts'
import type { JsonSchema } from '../connector/registry.ts'
import { DAY_MS } from '../domain/day.ts'
import { deepFreeze } from '../domain/deep-freeze.ts'
import { messageOf } from '../domain/message-of.ts'
import { type CorpusEvent, corpus, largeEvents } from './corpus.ts'
import type { Case } from './finding.ts'
import { contextOf, looseContextOf, type Parsed, type Subject } from './subject.ts'

/** The same input gives the same request, on another day too, and nothing is left behind in the input. */
export function pureCases(subject: Subject): Case[] {
  return corpus.map((event) => ({
    group: 'pure',
    name: `buildRequest gives the same each time (${event.name})`,
    run: () => impurities(subject, event),
  }))
}

function impurities({ connector, settings }: Subject, event: CorpusEvent): string[] {
  const build = () => connector.definition.buildRequest(contextOf(settings, event))
  const thawed = () => connector.definition.buildRequest(looseContextOf(settings, event))
  const first = attempt(build)
  if ('thrown' in first) {
    // What it throws at thawed input too does not concern purity: the golden group has it.
    return 'thrown' in attempt(thawed) ? [] : [`it changes its input: ${first.thrown}`]
  }
  if ((first.built as unknown) instanceof Promise) return ['it returns a promise; it has to be synchronous']
  const later = attempt(() => inAnotherWorld(build))
  if ('thrown' in later) return [`called again, a year later, it throws: ${later.thrown}`]
  const [before, after] = [JSON.stringify(first.built), JSON.stringify(later.built)]
  return before === after ? [] : [`called again, a year later, it gives something else: ${differenceOf(before, after)}`]
}

function attempt(build: () => ConnectorRequest): { built: ConnectorRequest } | { thrown: string } {
  try {
    return { built: build() }
  } catch (error) {
    return { thrown: messageOf(error) }
  }
}

const YEAR_MS = 366.3 * DAY_MS

/** With other clocks and other dice. */
function inAnotherWorld<T>(work: () => T): T {
  const { Date: RealDate, performance } = globalThis
  const { random } = Math
  const { now } = performance
  class LaterDate extends RealDate {
    constructor(...given: unknown[]) {
      super(...((given.length > 0 ? given : [RealDate.now() + YEAR_MS]) as [number]))
    }
    static override now(): number {
      return RealDate.now() + YEAR_MS
    }
  }
  globalThis.Date = LaterDate as DateConstructor
  Math.random = () => random() / 2
  performance.now = () => now.call(performance) + YEAR_MS
  try {
    return work()
  } finally {
    globalThis.Date = RealDate
    Math.random = random
    performance.now = now
  }
}

/** The first place, with a little of what stands around it. */
function differenceOf(before = 'undefined', after = 'undefined'): string {
  let at = 0
  while (before[at] === after[at] && at < before.length) at++
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 20))
  return `${around(before)}, then ${around(after)}`
}

/** The longest that building a request may take (MAX_BUILD_MS of the pipeline, which warns of it). */
const MAX_BUILD_MS = 50

/** Number of runs. The middle one counts, by CPU time: by the clock, a busy machine makes all of them slow. */
const RUNS = 7

export function fastCases(subject: Subject): Case[] {
  const group = 'fast'
  return largeEvents.flatMap((event): Case[] => [
    {
      group,
      name: `buildRequest takes at most ${MAX_BUILD_MS} ms for 250 KB (${event.name})`,
      run: () => slowness(subject, event),
    },
    ...Object.entries(event.isHard ? fillings : {}).map(
      ([name, filling]): Case => ({
        group,
        name: `buildRequest takes at most ${MAX_BUILD_MS} ms for 250 KB and settings full of ${name} (${event.name})`,
        run: () => slowness(filled(subject, filling), event),
      }),
    ),
  ])
}

/** Templates of a length, or longer: what is hard to render, and what is hard to find no placeholder in. */
const fillings: Readonly<Record<string, (length: number) => string>> = {
  placeholders: (length) => '{{data.text}}{{data}}'.repeat(length / 21 + 1),
  'placeholders that differ': (length) =>
    Array.from({ length: Math.sqrt(length) }, (_, n) => `{{data${'.a'.repeat(n)}}}`).join(''),
  'placeholders that do not end': (length) => `{{data ${' '.repeat(length / 2)}{{data.a${'.a'.repeat(length / 4)}`,
}

/** Most characters of a setting that has no maximum of its own. */
const LONG = 10_000

/** With each text of the settings as long as it may be, where it is one that may hold this. */
function filled({ connector, settings }: Subject, filling: (length: number) => string): Subject {
  const fields = Object.entries((connector.configSchema.properties ?? {}) as Record<string, JsonSchema>)
  let { config } = settings
  for (const [name, { type, maxLength }] of fields) {
    if (type !== 'string') continue
    const most = typeof maxLength === 'number' ? maxLength : LONG
    for (const start of ['', 'https://example.com/']) {
      const text = (start + filling(most)).slice(0, most)
      const parsed = connector.definition.config.safeParse({ ...config, [name]: text })
      if (parsed.success) config = parsed.data as Parsed['config']
    }
  }
  return { connector, settings: deepFreeze({ ...settings, config }) }
}

function slowness({ connector, settings }: Subject, event: CorpusEvent): string[] {
  const context = contextOf(settings, event)
  const timesMs = Array.from({ length: RUNS }, () => {
    const before = process.threadCpuUsage()
    attempt(() => connector.definition.buildRequest(context))
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000
  }).toSorted((a, b) => a - b)
  const medianMs = timesMs[Math.floor(RUNS / 2)]!
  const message = `slow in buildRequest (over ${MAX_BUILD_MS} ms): ${Math.round(medianMs)} ms, in which nothing else is delivered`
  return medianMs > MAX_BUILD_MS ? [message] : []
}
