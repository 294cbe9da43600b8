import { z } from 'zod'
import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import { headerNameProblem, repeatedNames } from '../domain/header-name.ts'
import { idToUuid } from '../domain/id.ts'
import { withCode } from '../domain/parse-input.ts'
import { type Problem, Refused } from '../domain/refused.ts'
import { type CustomHeader, type Destination, headerValuesPlace } from '../store/destination.ts'
import type { Store } from '../store/store.ts'

const MAX_HEADERS = 20

const headerSchema = z.object({
  name: z.string(),
  /** Null or undefined keeps the value that is stored under the name. */
  value: z
    .string()
    .max(1_024, 'is at most 1024 characters long')
    .regex(/^[\x20-\x7e]*$/, 'holds printable ASCII only')
    .refine((value) => value === value.trim(), 'neither begins nor ends with a space')
    .nullish(),
  /** Whether the value is never shown again. Default true. */
  secret: z.boolean().nullish(),
})

/** Headers that a customer adds to the requests of a destination. */
export const headersSchema = z
  .array(headerSchema)
  .refine((headers) => headers.length <= MAX_HEADERS, withCode('LIMIT_EXCEEDED', `holds at most ${MAX_HEADERS}`))

type HeaderInput = z.output<typeof headerSchema>

type Placed = Pick<Destination, 'id' | 'organizationId'>
type Stored = Placed & Pick<Destination, 'headers' | 'headerValues'>

/** What is stored of the headers given; secret values sealed. Throws Refused, with the place of each mistake. */
export function storedHeaders(
  store: Store,
  given: readonly HeaderInput[],
  { destination, profile }: { destination: Stored; profile: DeliveryProfile },
): Pick<Destination, 'headers' | 'headerValues'> {
  const kept = new Map(openHeaders(store, destination).map((header) => [header.name.toLowerCase(), header]))
  const givenValue = ({ name, value, secret }: HeaderInput) => {
    const stored = kept.get(name.toLowerCase())
    // What was stored as a secret is not shown by saying that it is none.
    const isKept = stored && !(stored.isSecret && secret === false)
    return value ?? (isKept ? stored.value : undefined)
  }
  const problems = [
    ...nameProblems(given, profile),
    ...given.flatMap((header, i) => (givenValue(header) === undefined ? [missingValue(i)] : [])),
  ]
  if (problems.length > 0) throw new Refused(...problems)
  const headers = given.map((header): CustomHeader => {
    const isSecret = header.secret ?? true
    return { name: header.name, value: isSecret ? null : givenValue(header)! }
  })
  const secret = given.filter((_, i) => headers[i]!.value === null).map((header) => [header.name, givenValue(header)!])
  const headerValues =
    secret.length > 0 ? store.secrets.seal(JSON.stringify(Object.fromEntries(secret)), placeOf(destination)) : null
  return { headers, headerValues }
}

function openHeaders(store: Store, destination: Stored): { name: string; value: string; isSecret: boolean }[] {
  const { headers, headerValues } = destination
  const secret = headerValues ? JSON.parse(store.secrets.open(headerValues, placeOf(destination))) : {}
  return headers.map(({ name, value }) => ({ name, value: value ?? secret[name], isSecret: value === null }))
}

function placeOf({ id, organizationId }: Placed) {
  return headerValuesPlace({ id: idToUuid(id), organizationId: idToUuid(organizationId) })
}

function nameProblems(given: readonly HeaderInput[], { headers, signatures }: DeliveryProfile): Problem[] {
  const taken = new Set(
    [...headers, ...signatures].map((one) => ('name' in one ? one.name : one.header)?.toLowerCase()),
  )
  const repeated = new Set(repeatedNames(given.map(({ name }) => name)))
  return given.flatMap(({ name }, i) => {
    const lower = name.toLowerCase()
    const message =
      headerNameProblem(name) ??
      (lower.startsWith('webhook-') || taken.has(lower) ? `${name} is set by the application` : undefined) ??
      (repeated.has(i) ? `${name} is there already` : undefined)
    return message === undefined ? [] : [problem('INVALID', message, [String(i), 'name'])]
  })
}

function missingValue(i: number): Problem {
  return problem('REQUIRED', 'no value is stored under this name', [String(i), 'value'])
}

function problem(code: Problem['code'], message: string, place: readonly string[]): Problem {
  return { code, message, path: ['input', 'headers', ...place] }
}
