import type { Classification } from '../connector/define-connector.ts'
import { messageOf } from '../domain/message-of.ts'
import { callDeliver } from './call.ts'
import { fakeHost, tlsFailure } from './fake-host.ts'
import type { Case } from './finding.ts'
import { probes, readingOf, whole } from './probes.ts'
import type { Subject } from './subject.ts'

type Kind = Classification['kind']

export function classifyCases(subject: Subject): Case[] {
  const group = 'classify'
  const { definition } = subject.connector
  const samples = (definition.samples?.responses ?? []).map(({ name, response, kind }): Case => {
    const run = () => expectKind(subject, whole(response), [kind])
    return { group, name: `"${name}" is ${kind}`, run }
  })
  return [
    ...samples,
    {
      group,
      name: '429 is tried again after the seconds of Retry-After',
      run: () => delayProblems(subject, '7', 7_000),
    },
    {
      group,
      name: '429 is tried again at the date of Retry-After',
      run: () => delayProblems(subject, new Date(Date.now() + 60_000).toUTCString(), 60_000),
    },
    {
      group,
      name: '410 is no success',
      run: () => expectKind(subject, whole({ statusCode: 410 }), ['fail', 'disable', 'retry']),
    },
    { group, name: '500 is tried again', run: () => expectKind(subject, whole({ statusCode: 500 }), ['retry']) },
    { group, name: 'no answer is more than it can read', run: () => unreadable(subject) },
    ...(definition.deliver
      ? [
          {
            group,
            name: 'a certificate that does not fit is tried again',
            run: () => tlsProblems(subject),
          } satisfies Case,
        ]
      : []),
  ]
}

function expectKind(subject: Subject, response: ReturnType<typeof whole>, kinds: readonly Kind[]): string[] {
  const { kind } = readingOf(subject, response)
  return kinds.includes(kind) ? [] : [`it is read as ${kind}, not as ${kinds.join(' or ')}`]
}

/** Dates have no milliseconds, and the clock goes on. */
const TOLERANCE_MS = 2_000

function delayProblems(subject: Subject, retryAfter: string, wantedMs: number): string[] {
  const reading = readingOf(subject, whole({ statusCode: 429, headers: { 'retry-after': retryAfter } }))
  if (reading.kind !== 'retry') return [`429 is read as ${reading.kind}, not as retry`]
  if (reading.afterMs === undefined) return ['the delay of Retry-After is lost: return undefined, or give afterMs']
  return Math.abs(reading.afterMs - wantedMs) <= TOLERANCE_MS
    ? []
    : [`afterMs is ${reading.afterMs}, and Retry-After says ${wantedMs}`]
}

function unreadable(subject: Subject): string[] {
  return probes(subject.connector.definition).flatMap(({ name, response }) => {
    try {
      readingOf(subject, response)
      return []
    } catch (error) {
      return [`${name}: ${messageOf(error)}`]
    }
  })
}

async function tlsProblems(subject: Subject): Promise<string[]> {
  const { result } = await callDeliver(subject, fakeHost({ fails: tlsFailure }))
  // What it throws is tried again; what it returns is its word.
  if (!result || result.kind === 'retry') return []
  return [`deliver calls it ${result.kind}`]
}
