import { type CelValue, isCelList, isCelMap, isCelUint } from '@bufbuild/cel'
import { toJson } from '@bufbuild/protobuf'
import { isReflectMessage } from '@bufbuild/protobuf/reflect'

/** Thrown when the text would be longer than allowed. */
export class TooLong extends Error {}

/**
 * A value of CEL as compact JSON, by the rules of protobuf's JSON mapping but for whole numbers, which stay numbers: bytes
 * are base64, timestamps ISO-8601, durations "1.5s". Throws TooLong over `maxLength` characters: an expression of few can yield
 * its event a hundred times.
 */
export function jsonOfCel(value: CelValue, maxLength: number): string {
  let left = maxLength
  const counted = (text: string) => {
    left -= text.length
    if (left < 0) throw new TooLong(`it yields more than ${maxLength} characters`)
    return text
  }
  const write = (one: CelValue): string => {
    if (isCelMap(one)) {
      const entries = [...one].map(([key, inner]) => `${counted(JSON.stringify(String(plain(key))))}:${write(inner)}`)
      return `{${entries.join(',')}}`
    }
    if (isCelList(one)) return `[${[...one].map(write).join(',')}]`
    return counted(typeof one === 'object' && one !== null ? jsonOfObject(one) : jsonOfScalar(one))
  }
  return write(value)
}

function jsonOfScalar(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  // JSON has neither infinity nor NaN.
  return JSON.stringify(value) ?? 'null'
}

function jsonOfObject(value: CelValue & object): string {
  if (isCelUint(value)) return String(value.value)
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if (isReflectMessage(value)) return JSON.stringify(toJson(value.desc, value.message))
  // A type, such as type(1).
  return JSON.stringify(String(value))
}

function plain(key: unknown): unknown {
  return isCelUint(key) ? key.value : key
}
