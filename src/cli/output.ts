import { styleText } from 'node:util'

export type Colour = 'green' | 'yellow' | 'red' | 'gray' | 'bold'
/** A text, or one with a colour. */
export type Cell = string | readonly [text: string, colour: Colour]

export interface Output {
  /** With --json the document in one line, otherwise the lines for people. Resolves once standard output has it. */
  show(document: unknown, lines: () => readonly string[]): Promise<void>
}

export function createOutput(isJson: boolean): Output {
  return {
    show: (document, lines) => write(isJson ? [JSON.stringify(document)] : lines()),
  }
}

/** For people, on standard error: standard output holds what was asked for, and nothing else. */
export function note(text: string): void {
  console.error(printable(text))
}

/** Coloured on a terminal only, and without NO_COLOR. */
export function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout })
}

/** A line for each row, its cells below those of the row before. */
export function columns(rows: readonly (readonly Cell[])[]): string[] {
  const widthOf = (i: number) => Math.max(...rows.map((row) => textOf(row[i] ?? '').length))
  const widths = rows[0]?.map((_, i) => widthOf(i)) ?? []
  return rows.map((row) => row.map((cell, i) => pad(cell, i < row.length - 1 ? widths[i]! : 0)).join('  '))
}

/** The cell at least so wide. */
export function pad(cell: Cell, width: number): string {
  const text = textOf(cell)
  const shown = typeof cell === 'string' ? text : paint(cell[1], text)
  return shown + ' '.repeat(Math.max(0, width - text.length))
}

/** Labels and receivers' messages are written by strangers: none of them steers a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD')
}

function textOf(cell: Cell): string {
  return printable(typeof cell === 'string' ? cell : cell[0])
}

function write(lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join('')
  return new Promise((resolve) => process.stdout.write(text, () => resolve()))
}
