import { type CelValue, isCelError, isCelList, isCelMap, isCelType, isCelUint, parse, plan } from '@bufbuild/cel'
import { tests as suite } from '@bufbuild/cel-spec/testdata/conformance.js'
import { toJson } from '@bufbuild/protobuf'
import { isReflectMessage } from '@bufbuild/protobuf/reflect'
import { expect, test } from 'vitest'
import { environment } from '../src/evaluate/expression.ts'

// The cases of cel-spec that need no messages of protobuf and no variables of a type: what filters and transforms can say.

type Suite = typeof suite
type Original = NonNullable<Suite['tests']>[number]['original']

/** About what destinations' expressions do not have. */
const OTHERS = new Set([
  ...['proto2', 'proto2_ext', 'proto3', 'dynamic', 'enums', 'wrappers', 'namespace', 'plumbing', 'unknowns', 'parse'],
  ...[
    'type_deductions',
    'optionals',
    'math_ext',
    'encoders_ext',
    'bindings_ext',
    'block_ext',
    'network_ext',
    'macros2',
  ],
])

/** Where the library does otherwise. */
const OTHERWISE = new Set([
  // It does not read names in backticks.
  ...[
    'field_access_slash',
    'field_access_dash',
    'field_access_dot',
    'has_field_slash',
    'has_field_dash',
    'has_field_dot',
  ].map((name) => `fields/quoted_map_fields/${name}`),
  'fields/qualified_identifier_resolution/map_value_repeat_key_heterogeneous',
])

function casesOf({ name, suites = [], tests = [] }: Suite, path: readonly string[] = []): [string, Original][] {
  const here = [...path, name]
  if (OTHERS.has(here[1] ?? '')) return []
  const own = tests.map(({ original }): [string, Original] => [[...here.slice(1), original.name].join('/'), original])
  return [...own, ...suites.flatMap((inner) => casesOf(inner, here))]
}

const fits = ({ expr, typeEnv, container, bindings, value, checkOnly }: Original) =>
  !typeEnv &&
  !container &&
  !bindings &&
  !checkOnly &&
  !/TestAllTypes|google\.protobuf|optional/.test(expr) &&
  !(value && 'objectValue' in (value as object))

const cases = casesOf(suite).filter(([, original]) => fits(original))

test('there are hundreds of them', () => {
  expect(cases.length).toBeGreaterThan(500)
})

test.each(cases)('%s', (name, original) => {
  expect(outcomeOf(original) === expectedOf(original)).toBe(!OTHERWISE.has(name))
})

function outcomeOf({ expr }: Original): string {
  try {
    const value = plan(environment, parse(expr))({})
    return isCelError(value) ? 'error' : written(value)
  } catch {
    return 'error'
  }
}

function expectedOf({ value, evalError }: Original): string {
  return evalError ? 'error' : value ? writtenExpected(value as Expected) : 'true'
}

/** With its type, and maps in the order of their keys. */
function written(value: CelValue): string {
  if (isCelUint(value)) return `${value.value}u`
  if (isCelList(value)) return `[${[...value].map(written).join()}]`
  if (isCelMap(value))
    return `{${[...value]
      .map(([key, one]) => `${written(key as CelValue)}:${written(one)}`)
      .sort()
      .join()}}`
  if (isCelType(value)) return `type ${value.name}`
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('base64')}`
  if (isReflectMessage(value)) return JSON.stringify(toJson(value.desc, value.message))
  if (typeof value === 'number') return Object.is(value, -0) ? '-0.0' : `${value}d`
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

type Expected = Record<string, unknown>

function writtenExpected(value: Expected): string {
  const [[kind, inner] = ['nullValue', null]] = Object.entries(value)
  switch (kind) {
    case 'int64Value':
      return String(BigInt(inner as string))
    case 'uint64Value':
      return `${inner}u`
    case 'doubleValue': {
      const number = Number(inner)
      return Object.is(number, -0) ? '-0.0' : `${number}d`
    }
    case 'stringValue':
      return JSON.stringify(inner)
    case 'bytesValue':
      return `b${inner}`
    case 'boolValue':
      return String(inner)
    case 'typeValue':
      return `type ${inner}`
    case 'listValue':
      return `[${((inner as { values?: Expected[] }).values ?? []).map(writtenExpected).join()}]`
    case 'mapValue': {
      const entries = (inner as { entries?: { key: Expected; value: Expected }[] }).entries ?? []
      return `{${entries
        .map((one) => `${writtenExpected(one.key)}:${writtenExpected(one.value)}`)
        .sort()
        .join()}}`
    }
    default:
      return String(inner)
  }
}
