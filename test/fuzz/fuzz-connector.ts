import { methodsOf } from '../../src/kit/call.ts'
import { type FuzzReport, fuzz } from '../../src/kit/hostile/fuzz.ts'
import { listenIn } from '../../src/kit/listen-in.ts'
import { subjectOf } from '../../src/kit/subject.ts'

/** Tries `deliver` and `check` of a connector, `calls` times each. */
export async function fuzzConnector(
  connector: unknown,
  { seed, calls }: { seed: number; calls: number },
): Promise<FuzzReport> {
  const subject = subjectOf(connector)
  const methods = methodsOf(subject).filter(({ name }) => name === 'deliver' || name === 'check')
  const reports: FuzzReport[] = []
  for (const method of methods) {
    const { result } = await listenIn((heard) => fuzz(method, subject.settings, { seed, calls, answers: [] }, heard))
    reports.push(result)
  }
  return {
    calls: reports.reduce((sum, report) => sum + report.calls, 0),
    longestMs: Math.max(...reports.map(({ longestMs }) => longestMs)),
    problems: reports.flatMap(({ problems }) => problems),
  }
}
