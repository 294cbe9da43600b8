import { cpus, totalmem } from 'node:os'
import type { Row } from './row.ts'

export interface Machine {
  readonly cores: number
  readonly model: string
  readonly memoryGb: number
  readonly node: string
  readonly postgres: string
}

export function describeMachine(postgresVersion: string): Machine {
  const models = cpus()
  return {
    cores: models.length,
    model: models[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: postgresVersion,
  }
}

/** The table as Markdown, with what it was measured on above. */
export function renderTable(rows: readonly Row[], machine: Machine, isQuick: boolean): string {
  const { cores, model, memoryGb, node, postgres } = machine
  const where = `${cores} x ${model}, ${memoryGb} GB, Node ${node}, Postgres ${postgres}${isQuick ? ', --quick: small counts, a smoke test' : ''}`
  const head = [
    'measured',
    'figure',
    'of bare',
    'CPU per delivery (node + Postgres)',
    'at least',
    'CPU taken by others',
  ]
  const lines = [head, head.map(() => '---'), ...rows.map(cellsOf)]
  return [
    `${where}. All on this one machine, data of 400 bytes.`,
    '',
    ...lines.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n')
}

function cellsOf({ what, figure, toBare, cpu, atLeast, takenByOthers }: Row): string[] {
  // Only Linux tells of CPU time.
  const cpuText = cpu?.nodeUs
    ? `${(cpu.nodeUs + cpu.postgresUs).toFixed(0)} us (${cpu.nodeUs.toFixed(0)} + ${cpu.postgresUs.toFixed(0)})`
    : ''
  return [
    what,
    figure,
    toBare?.toFixed(3) ?? '',
    cpuText,
    atLeast ?? '',
    takenByOthers ? `${(takenByOthers * 100).toFixed(0)} %` : '',
  ]
}
