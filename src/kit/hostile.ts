import { methodsOf } from './call.ts'
import type { Case, KitOptions, Verdict } from './finding.ts'
import { fuzz } from './hostile/fuzz.ts'
import { listenIn } from './listen-in.ts'
import { opensSockets } from './opens-sockets.ts'
import type { Subject } from './subject.ts'

/** Some seconds for each method. */
const CALLS = 60

/** What a connector that opens sockets bears of servers that are broken, or mean harm. */
export function hostileCases(subject: Subject, options: KitOptions): Case[] {
  if (!subject.connector.definition.deliver) return []
  const { seed = 1, calls = CALLS, answers = [] } = options.hostile ?? {}
  return methodsOf(subject)
    .filter(({ name }) => name === 'deliver' || name === 'check')
    .map((method): Case => {
      const run = async (): Promise<Verdict> => {
        if (!(await opensSockets(subject))) return { skipped: 'it opens no sockets of its own' }
        const { result } = await listenIn((heard) => fuzz(method, subject.settings, { seed, calls, answers }, heard))
        return result.problems
      }
      return { group: 'hostile', name: `${method.name} bears hostile servers, of ${calls} seeds from ${seed}`, run }
    })
}
