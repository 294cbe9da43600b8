import { type CelList, type CelMap, type CelValue, celList, celMap } from '@bufbuild/cel'

// The library takes an object of JavaScript by what it looks like: one with a key `$typeName` for a message, one with a key
// `constructor` for something unknown. Behind these, an object is a map and an array is a list, whatever stands in them.

/** JSON as CEL has it: numbers are doubles. */
export function celOfJson(json: unknown): CelValue {
  if (Array.isArray(json)) return new JsonList(json) as unknown as CelList
  return typeof json === 'object' && json !== null ? (new JsonMap(json) as unknown as CelMap) : (json as CelValue)
}

/** By these the library knows its own. */
const MAP = Object.getOwnPropertySymbols(celMap(new Map()))[0]!
const LIST = Object.getOwnPropertySymbols(celList([]))[0]!

class JsonMap implements ReadonlyMap<string, CelValue> {
  readonly #object: object

  constructor(object: object) {
    this.#object = object
    Object.defineProperty(this, MAP, { value: true })
  }

  get size(): number {
    return Object.keys(this.#object).length
  }

  get(key: unknown): CelValue | undefined {
    return this.has(key) ? celOfJson((this.#object as Record<string, unknown>)[key as string]) : undefined
  }

  /** Also of a key whose value is null, as cel-spec says. */
  has(key: unknown): boolean {
    return typeof key === 'string' && Object.hasOwn(this.#object, key)
  }

  forEach(callback: (value: CelValue, key: string, map: ReadonlyMap<string, CelValue>) => void): void {
    for (const [key, value] of this) callback(value, key, this)
  }

  *entries(): MapIterator<[string, CelValue]> {
    for (const [key, value] of Object.entries(this.#object)) yield [key, celOfJson(value)]
  }

  *keys(): MapIterator<string> {
    yield* Object.keys(this.#object)
  }

  *values(): MapIterator<CelValue> {
    for (const value of Object.values(this.#object)) yield celOfJson(value)
  }

  [Symbol.iterator](): MapIterator<[string, CelValue]> {
    return this.entries()
  }
}

class JsonList {
  readonly #array: readonly unknown[]

  constructor(array: readonly unknown[]) {
    this.#array = array
    Object.defineProperty(this, LIST, { value: true })
  }

  get size(): number {
    return this.#array.length
  }

  get(index: number): CelValue | undefined {
    return Number.isInteger(index) && index >= 0 && index < this.size ? celOfJson(this.#array[index]) : undefined
  }

  *values(): IterableIterator<CelValue> {
    for (const value of this.#array) yield celOfJson(value)
  }

  [Symbol.iterator](): IterableIterator<CelValue> {
    return this.values()
  }
}
