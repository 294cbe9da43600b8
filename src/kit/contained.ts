import { setImmediate as nextTurn } from 'node:timers/promises'
import { messageOf } from '../domain/message-of.ts'
import { recordText } from '../domain/redact.ts'
import { type Ended, inTime, type Method, methodsOf } from './call.ts'
import { type Canary, canaryOf } from './canary.ts'
import { type FakeHost, fakeHost, refusedFailure, type Service } from './fake-host.ts'
import type { Case } from './finding.ts'
import { listenIn } from './listen-in.ts'
import type { Subject } from './subject.ts'

/** What a connector does by itself when the service is not as it should be: it ends, says so, and gives nothing away. */
export function containedCases(subject: Subject): Case[] {
  const group = 'contained'
  return methodsOf(subject).flatMap((method): Case[] => [
    { group, name: `${method.name} bears a service that refuses connections`, run: () => refused(subject, method) },
    { group, name: `${method.name} bears a service that answers nonsense`, run: () => nonsense(subject, method) },
    { group, name: `${method.name} ends when its time is up`, run: () => hanging(subject, method) },
  ])
}

async function refused(subject: Subject, method: Method): Promise<string[]> {
  const fake = fakeHost({ fails: refusedFailure })
  const tried = await tryOut(subject, method, fake)
  return [...tried.problems, ...(fake.asked() > 0 ? contentProblems(method, tried.ended) : [])]
}

/** It asked, had no answer, and is content all the same. */
function contentProblems({ name }: Method, { result, thrown, isLate }: Ended<unknown>): string[] {
  if (thrown !== undefined || isLate) return []
  const isContent =
    name === 'deliver'
      ? (result as { kind?: string } | undefined)?.kind === 'success'
      : name === 'check'
        ? (result as unknown[]).length === 0
        : name === 'onCreate'
  return isContent ? [`${name} is content with a service that cannot be reached`] : []
}

async function nonsense(subject: Subject, method: Method): Promise<string[]> {
  // A service that shows what it was sent is not rare.
  const echo = JSON.stringify(canaryOf(subject).settings.credentials)
  const services: Service[] = [
    { answers: { statusCode: 502, type: 'text/html', body: `<html><h1>Bad Gateway</h1>${echo}</html>` } },
    { answers: { statusCode: 200, type: 'text/html', body: `<html>${echo}</html>` } },
    { answers: { statusCode: 200, type: 'application/json', body: '' } },
    { answers: { statusCode: 200, type: 'application/json', body: 'null' } },
    { answers: { statusCode: 401, type: 'application/json', body: echo } },
  ]
  const problems: string[] = []
  for (const service of services) {
    const tried = await tryOut(subject, method, fakeHost(service))
    problems.push(...tried.problems)
    // The others would only take as long.
    if (tried.ended.isLate) break
  }
  return [...new Set(problems)]
}

async function hanging(subject: Subject, method: Method): Promise<readonly string[]> {
  const fake = fakeHost({ hangs: true })
  const soon = nextTurn()
    .then(() => nextTurn())
    .then(() => fake.end())
  const { problems } = await tryOut(subject, method, fake)
  await soon
  return problems
}

interface Tried {
  readonly problems: readonly string[]
  readonly ended: Ended<unknown>
}

async function tryOut(subject: Subject, method: Method, fake: FakeHost): Promise<Tried> {
  const canary = canaryOf(subject)
  const { result: ended, said, unhandled, uncaught } = await listenIn(() => inTime(callSafely(method, fake, canary)))
  // Whatever it still has under way ends here.
  fake.end()
  const { thrown, result } = ended
  return {
    ended,
    problems: [
      ...(ended.isLate ? [`${method.name} does not end: pass host.signal on, and leave trying again to the host`] : []),
      ...(isNonsense(thrown) ? [messageOf(thrown)] : []),
      ...unhandled.map((reason) => `${method.name} leaves a promise behind that nobody handles: ${messageOf(reason)}`),
      ...uncaught.map((error) => `${method.name} throws where nobody can catch it: ${messageOf(error)}`),
      ...canary.findIn(recordText(messageOf(thrown), canary.secrets), `What ${method.name} throws`),
      ...canary.findIn(shownOf(method, result, canary), `What ${method.name} returns`),
      ...canary.findIn(said, `What ${method.name} writes to the console`),
    ],
  }
}

/** What throws before its first await rejects like any other. */
async function callSafely(method: Method, fake: FakeHost, canary: Canary): Promise<unknown> {
  return method.call(fake, canary.settings)
}

/** Reasons, answers and issues are blanked out by the host. Choices are shown as they are. */
function shownOf({ name }: Method, result: unknown, { secrets }: Canary): string {
  const text = JSON.stringify(result) ?? ''
  return name.startsWith('options.') ? text : recordText(text, secrets, text.length)
}

function isNonsense(thrown: unknown): boolean {
  return / returned (nonsense|a promise)/.test(messageOf(thrown))
}
