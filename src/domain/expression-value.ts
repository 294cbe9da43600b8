import { type CelValue, isCelList, isCelMap, isCelUint } from '@bufbuild/cel'
import { toJson } from '@bufbuild/protobuf'
import { isReflectMessage } from '@bufbuild/protobuf/reflect'

/**
 * A value of CEL as compact JSON, by the rules of protobuf's JSON mapping but for whole numbers, which stay numbers: bytes
 * are base64, timestamps ISO-8601, durations "1.5s".
 */
export function jsonOfCel(value: CelValue): string {
  if (isCelMap(value)) {
    const entries = [...value].map(([key, one]) => `${JSON.stringify(String(plain(key)))}:${jsonOfCel(one)}`)
    return `{${entries.join(',')}}`
  }
  if (isCelList(value)) return `[${[...value].map(jsonOfCel).join(',')}]`
  return typeof value === 'object' && value !== null ? jsonOfObject(value) : String(jsonOfScalar(value))
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
