import { callDeliver } from './call.ts'
import { fakeHost, refusedFailure } from './fake-host.ts'
import type { Subject } from './subject.ts'

/** Without an answer: it need not get any further than its first try to reach somebody. */
export async function opensSockets(subject: Subject): Promise<boolean> {
  if (!subject.connector.definition.deliver) return false
  const fake = fakeHost({ fails: refusedFailure })
  await callDeliver(subject, fake)
  fake.end()
  return fake.connected()
}
