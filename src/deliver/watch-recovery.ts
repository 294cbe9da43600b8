import type { Id } from '../domain/id.ts'
import { createAlarm } from '../store/alarm.ts'
import type { Bell } from '../store/bell.ts'
import { RecoveryJob } from '../store/recovery-job.ts'
import type { Store } from '../store/store.ts'
import { whenAvailable } from '../store/when-available.ts'

const POLL_MS = 1_000

/** The job as it stands, then at each change, until it is finished or the signal ends it. */
export async function* watchRecovery(
  { store, bell }: { store: Store; bell: Bell },
  id: Id<'rec'>,
  signal: AbortSignal,
): AsyncGenerator<RecoveryJob, void, void> {
  const alarm = createAlarm()
  const offBell = bell.on('waiting', alarm.wake)
  signal.addEventListener('abort', alarm.wake, { once: true })
  try {
    let shown: string | undefined
    while (!signal.aborted) {
      const job = await whenAvailable(() => store.em().findOne(RecoveryJob, { id }), {
        signal,
        onError: () => undefined,
      })
      if (!job) return
      const state = `${job.status} ${job.matched} ${job.enqueued}`
      if (state !== shown) yield job
      shown = state
      if (job.finishedAt) return
      await alarm.wait(POLL_MS)
    }
  } finally {
    offBell()
  }
}
