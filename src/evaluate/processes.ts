import path from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import { type Pool, Promise as PoolPromise, pool, TerminateError } from 'workerpool'
import type { Outcome, Task } from './task.ts'

export interface Processes extends AsyncDisposable {
  /** Never rejects for what the task does, whatever that is. */
  run<T extends Task>(task: T): Promise<Outcome<T>>
}

export interface ProcessesOptions {
  /** Processes at most. They start when there is work. */
  readonly count: number
  /** For tests. */
  readonly limits?: Partial<typeof LIMITS>
}

/**
 * What ends a process that its own time limit does not end: one call of V8's own can be long. And what a task may take on top
 * of the 32 MB of the process itself.
 */
const LIMITS = { hardMs: 3_000, memoryMb: 64 }
const OWN_MEMORY_MB = 32
/** Tasks that go to a process together: a message takes longer than most evaluations. */
const MAX_BATCH = 32

interface Waiting {
  readonly task: Task
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** Processes for what customers let us compute. Whatever it does, it ends with its process, and another takes that one's place. */
export function createProcesses({ count, limits }: ProcessesOptions): Processes {
  const { hardMs, memoryMb } = { ...LIMITS, ...limits }
  const processes: Pool = pool(path.join(import.meta.dirname, `process${path.extname(import.meta.filename)}`), {
    // Not a thread: one whose heap is full within a call of V8's own takes the whole process along.
    workerType: 'process',
    maxWorkers: count,
    workerTerminateTimeout: 1,
    forkOpts: {
      execArgv: [`--max-old-space-size=${OWN_MEMORY_MB + memoryMb}`, '--max-semi-space-size=4'],
      // Nothing of the environment, where secrets are.
      env: {},
      serialization: 'advanced',
      // Ctrl-C lets it finish what is under way. It ends with us, by the channel between us.
      detached: true,
    },
    // Read, and not shown: a heap that is full says so in thirty lines.
    emitStdStreams: true,
  })
  let gathered: Waiting[] = []
  /** The pool's own queue stands still once a process has ended by itself, so nothing waits there. */
  const batches: (readonly Waiting[])[] = []
  let running = 0

  function flush(): void {
    const all = gathered
    gathered = []
    for (let from = 0; from < all.length; from += MAX_BATCH) batches.push(all.slice(from, from + MAX_BATCH))
    startNext()
  }

  function startNext(): void {
    while (running < count && batches.length > 0) {
      running += 1
      void runBatch(batches.shift()!).finally(() => {
        running -= 1
        startNext()
      })
    }
  }

  async function runBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      // It says when it begins: until then it may take seconds to start.
      const began = (event: unknown) => void (event === 'began' && call.timeout(hardMs))
      const call: ReturnType<Pool['exec']> = processes.exec('runTasks', [batch.map(({ task }) => task)], { on: began })
      const outcomes = (await call) as Outcome[]
      for (const [i, { resolve }] of batch.entries()) resolve(outcomes[i]!)
    } catch (error) {
      // The pool forgets a process that ended a moment after it says so; until then it would give it what is run next.
      await immediate()
      const [first] = batch
      // One of them has ended the process. Each alone tells which.
      if (batch.length > 1) batches.push(...batch.map((waiting) => [waiting]))
      else {
        const failed = whyEnded(error)
        if (failed) first!.resolve({ failed, cpuUs: hardMs * 1_000 })
        else first!.reject(error)
      }
    }
  }

  /** Undefined for what is not the task's doing. */
  function whyEnded(error: unknown): string | undefined {
    if (error instanceof PoolPromise.TimeoutError) return `it took more than ${hardMs} ms`
    return error instanceof TerminateError ? `it takes more than ${memoryMb} MB of memory` : undefined
  }

  return {
    run: <T extends Task>(task: T) =>
      new Promise<Outcome<T>>((resolve, reject) => {
        if (gathered.push({ task, resolve: resolve as Waiting['resolve'], reject }) === 1) setImmediate(flush)
      }),
    async [Symbol.asyncDispose]() {
      await processes.terminate(true)
    },
  }
}
