import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { InvalidArgumentError } from 'commander'
import { messageOf } from '../domain/message-of.ts'
import { Unusable, WrongUsage } from './failure.ts'

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`)
  }
}

/** JSON that was typed for this option. */
export function parseJson(option: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new WrongUsage(`${option} is no JSON: ${messageOf(error)}`)
  }
}

export function parseJsonObject(option: string, json: string): Record<string, unknown> {
  const value = parseJson(option, json)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new WrongUsage(`${option} is a JSON object, such as {"url":"https://example.com/"}`)
}

/** The text of a file; `-` is standard input. */
export async function readInput(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  } catch (error) {
    throw new Unusable(`${file} cannot be read`, error)
  }
}
