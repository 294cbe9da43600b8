import { type CelList, CelScalar, celList, celMethod } from '@bufbuild/cel'

// The library counts UTF-16 units here; cel-spec counts code points, as `size` does.

const { STRING, INT, DYN } = CelScalar

/** In the place of those of the same names in the library's `strings`. */
export const byCodePoints = [
  celMethod('charAt', STRING, [INT], STRING, function (this: string, index) {
    return this.slice(unitAt(this, index), unitAt(this, index + 1n, true))
  }),
  celMethod('indexOf', STRING, [STRING], INT, function (this: string, part) {
    return pointAt(this, this.indexOf(part))
  }),
  celMethod('indexOf', STRING, [STRING, INT], INT, function (this: string, part, from) {
    return pointAt(this, this.indexOf(part, unitAt(this, from)))
  }),
  celMethod('lastIndexOf', STRING, [STRING], INT, function (this: string, part) {
    return pointAt(this, this.lastIndexOf(part))
  }),
  celMethod('lastIndexOf', STRING, [STRING, INT], INT, function (this: string, part, from) {
    return pointAt(this, this.lastIndexOf(part, unitAt(this, from)))
  }),
  celMethod('substring', STRING, [INT], STRING, function (this: string, start) {
    return this.slice(unitAt(this, start))
  }),
  celMethod('substring', STRING, [INT, INT], STRING, function (this: string, start, end) {
    if (start > end) throw new Error(`substring ends at ${end}, before it starts at ${start}`)
    return this.slice(unitAt(this, start), unitAt(this, end))
  }),
  celMethod('split', STRING, [STRING], DYN, function (this: string, separator): CelList {
    return celList(separator === '' ? [...this] : this.split(separator))
  }),
  celMethod('split', STRING, [STRING, INT], DYN, function (this: string, separator, most): CelList {
    return celList(splitAtMost(separator === '' ? [...this] : this.split(separator), separator, Number(most)))
  }),
]

/** The place in UTF-16 units of a place in code points, which may be behind the last. */
function unitAt(text: string, index: bigint, isOpen = false): number {
  let unit = 0
  for (let point = 0n; point < index; point += 1n) {
    if (unit >= text.length && isOpen) break
    if (unit >= text.length) throw new Error(`index ${index} is out of the text, which ends at ${point}`)
    unit += text.codePointAt(unit)! > 0xffff ? 2 : 1
  }
  if (index < 0n) throw new Error(`index ${index} is negative`)
  return unit
}

/** The place in code points of a place in UTF-16 units; -1 stays. */
function pointAt(text: string, unit: number): bigint {
  if (unit < 0) return -1n
  let points = 0n
  for (let at = 0; at < unit; points += 1n) at += text.codePointAt(at)! > 0xffff ? 2 : 1
  return points
}

/** The last part has all that is left. */
function splitAtMost(parts: string[], separator: string, most: number): string[] {
  if (most < 0 || parts.length <= most) return parts
  return most === 0 ? [] : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)]
}
