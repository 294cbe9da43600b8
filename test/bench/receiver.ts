import { startChild } from './child.ts'

/** What the receiver has got. */
export interface Seen {
  /** Requests so far, but for those that hang. */
  readonly count: number
  /** Requests so far that hang. */
  readonly hangs: number
  /** Of timed requests since the last look: from `data.sentAtUs` to here, by the monotonic clock that all processes share. */
  readonly latenciesUs: readonly number[]
}

/** Answers 200: on /hook and /timed at once, on /slow after 100 ms, on /hang after 60 s. */
export interface BenchReceiver extends AsyncDisposable {
  readonly origin: string
  look(): Promise<Seen>
}

export async function startBenchReceiver(): Promise<BenchReceiver> {
  const { child, greeting } = await startChild<{ port: number }>('receiver-process.ts')
  return {
    origin: `http://127.0.0.1:${greeting.port}`,
    look: () => child.ask<Seen>({}),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  }
}
