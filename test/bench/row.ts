import type { BenchPostgres } from './postgres.ts'
import type { BenchReceiver } from './receiver.ts'
import type { BenchServer, CpuUs, ServerOptions } from './server.ts'

/** One line of the table. */
export interface Row {
  /** What was measured, and how. */
  readonly what: string
  /** The figure as people read it, with its unit. */
  readonly figure: string
  /** The raw numbers, with units in their names. */
  readonly numbers: Readonly<Record<string, number>>
  /** A rate's share of the bare loop's. */
  readonly toBare?: number
  /** CPU time per delivery. */
  readonly cpu?: CpuUs
  /** What it must reach, as people read it. */
  readonly atLeast?: string
  /** The share of the machine's processors that something else took meanwhile: figures of a busy machine say little. */
  readonly takenByOthers?: number
}

/** What a measurement works with. */
export interface BenchParts {
  /** True: small counts, to see that all works. */
  readonly isQuick: boolean
  readonly receiver: BenchReceiver
  readonly postgres: BenchPostgres
  /** Requests/s of the bare loop in this run. */
  readonly barePerSecond: number
  /** A server that the caller disposes. */
  startServer(options?: ServerOptions): Promise<BenchServer>
}

export type Measure = (parts: BenchParts) => Promise<Row[]>

/** A row about throughput. */
export function rateRow(
  parts: Pick<BenchParts, 'barePerSecond'>,
  row: Pick<Row, 'what' | 'atLeast' | 'cpu'> & {
    perSecond: number
    /** Said after the rate. */
    beside?: string
    numbers?: Row['numbers']
  },
): Row {
  const { perSecond, beside, numbers, ...rest } = row
  return {
    ...rest,
    figure: `${perSecond.toFixed(0)}/s${beside ? `, ${beside}` : ''}`,
    numbers: { perSecond, ...numbers },
    toBare: perSecond / parts.barePerSecond,
  }
}
