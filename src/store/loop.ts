import { setTimeout as pause } from 'node:timers/promises'
import type { Notifier, WakeKind } from './notifier.ts'
import { createWakeFlag } from './wake-flag.ts'

export interface LoopOptions {
  readonly notifier: Notifier
  /** Ends the wait between two passes early. Default: nothing does. */
  readonly on?: WakeKind
  /** One pass. Resolves to the milliseconds until the next one, 0 for at once. */
  readonly work: (pass: Pass) => Promise<number>
  readonly onError: (error: unknown) => void
}

export interface Pass {
  /** Aborted when the loop stops. */
  readonly signal: AbortSignal
  /** Pauses for `ms`, whatever wakes the loop; rejects when the loop stops. */
  pause(ms: number): Promise<void>
  /** Pauses for `ms` at most, until the loop is woken or stops. */
  wait(ms: number): Promise<void>
}

/** Disposing it stops the loop and lets the pass under way end. */
export interface Loop extends AsyncDisposable {
  wake(): void
  /** No further pass begins. Waits and pauses end at once. */
  stop(): void
}

const BACK_OFF_MS = 1_000

/** Works again and again: after the time that `work` says, sooner when woken, and 1 s after a failure. */
export function startLoop({ notifier, on, work, onError }: LoopOptions): Loop {
  const flag = createWakeFlag()
  const stopping = new AbortController()
  const { signal } = stopping
  const pass: Pass = {
    signal,
    pause: (ms) => pause(ms, undefined, { signal }),
    wait: (ms) => (signal.aborted ? Promise.resolve() : flag.wait(ms)),
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        const waitMs = await work(pass)
        if (waitMs > 0) await pass.wait(waitMs)
      } catch (error) {
        if (signal.aborted) return
        onError(error)
        await pass.pause(BACK_OFF_MS).catch(() => undefined)
      }
    }
  }

  const unlisten = on && notifier.on(on, flag.wake)
  const running = run()
  function stop(): void {
    unlisten?.()
    stopping.abort()
    flag.wake()
  }
  return {
    wake: flag.wake,
    stop,
    async [Symbol.asyncDispose]() {
      stop()
      await running
    },
  }
}
