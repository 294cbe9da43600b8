import type { Id } from '../domain/id.ts'
import { RecoveryJob } from '../store/recovery-job.ts'
import { retryWhileUnavailable } from '../store/retry-while-unavailable.ts'
import type { Store } from '../store/store.ts'
import { createWakeFlag } from '../store/wake-flag.ts'

const POLL_MS = 1_000

/** The job as it stands, then at each change, until it is finished or the signal ends it. */
export async function* watchRecovery(
  store: Store,
  id: Id<'rec'>,
  signal: AbortSignal,
): AsyncGenerator<RecoveryJob, void, void> {
  const changed = createWakeFlag()
  const unlisten = store.notifier.on('waiting', changed.wake)
  signal.addEventListener('abort', changed.wake, { once: true })
  try {
    let shown: string | undefined
    while (!signal.aborted) {
      const job = await retryWhileUnavailable(() => store.em().findOne(RecoveryJob, { id }), {
        signal,
        onError: () => undefined,
      })
      if (!job) return
      const state = `${job.status} ${job.matched} ${job.enqueued}`
      if (state !== shown) yield job
      shown = state
      if (job.finishedAt) return
      await changed.wait(POLL_MS)
    }
  } finally {
    unlisten()
  }
}
