import { z } from 'zod'
import { headerNameProblem, repeatedNames } from './header-name.ts'
import { identifier } from './parse-input.ts'

/** Where an envelope key takes its value. DATA_SPREAD puts the data's own keys at the top level. */
export const envelopeSources = ['ID', 'TYPE', 'CREATED_AT', 'ORGANIZATION_ID', 'DATA', 'DATA_SPREAD'] as const
export const signatureSchemes = ['STANDARD_WEBHOOKS', 'HMAC_SHA256_HEX'] as const
export const headerSources = ['ID', 'TYPE', 'DELIVERY_ID', 'DELIVERY_UUID', 'ATTEMPT', 'TIMESTAMP'] as const

/** Those that the scheme STANDARD_WEBHOOKS sets (https://www.standardwebhooks.com). */
const STANDARD_WEBHOOKS_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature']

const dayS = 86_400
const PRINTABLE = /^[\x20-\x7e]*$/

const headerName = z.string().superRefine((name, context) => {
  const problem = headerNameProblem(name)
  if (problem) context.addIssue(problem)
})

/** The wire format and failure policy of one application, as stored. */
export const deliveryProfileSchema = z
  .object({
    envelope: z
      .array(
        z.object({
          name: identifier(100).nullish(),
          source: z.enum(envelopeSources),
        }),
      )
      .min(1, 'holds at least 1 key')
      .max(20, 'holds at most 20 keys'),
    headers: z.array(z.object({ name: headerName, source: z.enum(headerSources) })).max(20, 'holds at most 20 headers'),
    signatures: z
      .array(
        z.object({
          scheme: z.enum(signatureSchemes),
          header: headerName.nullish(),
          prefix: z
            .string()
            .max(64, 'is at most 64 characters long')
            .regex(PRINTABLE, 'holds printable ASCII only')
            .nullish(),
        }),
      )
      .max(5, 'holds at most 5 rules'),
    timeoutMs: z.int().min(1_000, 'is at least 1000 ms').max(60_000, 'is at most 60000 ms'),
    retryDelays: z
      .array(
        z
          .int()
          .min(0, 'is at least 0 s')
          .max(30 * dayS, 'is at most 30 days'),
      )
      .max(50, 'holds at most 50 delays'),
    retryJitter: z.number().min(0, 'is at least 0').max(1, 'is at most 1'),
    disableAfterFailures: z.int().min(1, 'is at least 1').max(10_000, 'is at most 10000').nullable(),
    disableAfterSeconds: z
      .int()
      .min(1, 'is at least 1 s')
      .max(365 * dayS, 'is at most 365 days')
      .nullable(),
    failingAfterFailures: z.int().min(1, 'is at least 1').max(10_000, 'is at most 10000'),
    httpsOnly: z.boolean(),
  })
  .superRefine((profile, context) => {
    for (const { message, path } of contradictions(profile)) context.addIssue({ code: 'custom', message, path })
  })
export type DeliveryProfile = z.infer<typeof deliveryProfileSchema>

interface Contradiction {
  readonly message: string
  readonly path: (string | number)[]
}

type Fields = Pick<
  DeliveryProfile,
  'envelope' | 'headers' | 'signatures' | 'disableAfterFailures' | 'disableAfterSeconds' | 'failingAfterFailures'
>

/** Where two settings cannot both hold. */
function contradictions(profile: Fields): Contradiction[] {
  const { disableAfterFailures: disable, disableAfterSeconds, failingAfterFailures: failing } = profile
  const found = [...envelopeContradictions(profile.envelope), ...headerContradictions(profile)]
  if (disable !== null && disableAfterSeconds === null && failing > disable) {
    const message = `is more than disableAfterFailures (${disable}): a destination would be disabled before it is failing`
    found.push({ message, path: ['failingAfterFailures'] })
  }
  return found
}

function envelopeContradictions(envelope: DeliveryProfile['envelope']): Contradiction[] {
  const names = envelope.map((field) => (field.source === 'DATA_SPREAD' ? null : field.name))
  return envelope.flatMap((field, i) => {
    if (field.source === 'DATA_SPREAD') {
      const message = 'DATA_SPREAD comes last: its keys are not known before'
      return i === envelope.length - 1 ? [] : [{ message, path: ['envelope', i, 'source'] }]
    }
    const path = ['envelope', i, 'name']
    if (!field.name) return [{ message: `is required for ${field.source}`, path }]
    return names.indexOf(field.name) < i ? [{ message: `"${field.name}" is there already`, path }] : []
  })
}

/** Every header must have one source. */
function headerContradictions({
  headers,
  signatures,
}: Pick<DeliveryProfile, 'headers' | 'signatures'>): Contradiction[] {
  const found: Contradiction[] = []
  const named: { name: string; path: Contradiction['path'] }[] = []
  signatures.forEach(({ scheme, header, prefix }, i) => {
    const path = ['signatures', i]
    if (scheme === 'STANDARD_WEBHOOKS') {
      const place = header != null ? 'header' : prefix != null ? 'prefix' : undefined
      if (place) found.push({ message: 'STANDARD_WEBHOOKS has headers of its own', path: [...path, place] })
      named.push(...STANDARD_WEBHOOKS_HEADERS.map((name) => ({ name, path: [...path, 'scheme'] })))
    } else if (header == null) found.push({ message: `is required for ${scheme}`, path: [...path, 'header'] })
    else named.push({ name: header, path: [...path, 'header'] })
  })
  headers.forEach(({ name }, i) => {
    named.push({ name, path: ['headers', i, 'name'] })
  })
  const repeated = repeatedNames(named.map(({ name }) => name)).map((i) => named[i]!)
  // A scheme that stands twice repeats three headers, and is one mistake.
  const places = new Map(repeated.map((one) => [one.path.join(), one]))
  for (const { name, path } of places.values()) found.push({ message: `${name} is sent already`, path })
  return found
}

/**
 * What a new application starts with: Standard Webhooks, and that specification's example schedule
 * (5 s to 24 h, nine retries), each delay spread by 20 %.
 */
export const defaultDeliveryProfile: DeliveryProfile = {
  envelope: [
    { name: 'id', source: 'ID' },
    { name: 'type', source: 'TYPE' },
    { name: 'timestamp', source: 'CREATED_AT' },
    { name: 'data', source: 'DATA' },
  ],
  headers: [],
  signatures: [{ scheme: 'STANDARD_WEBHOOKS' }],
  timeoutMs: 15_000,
  retryDelays: [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, dayS],
  retryJitter: 0.2,
  disableAfterFailures: 20,
  disableAfterSeconds: 5 * dayS,
  failingAfterFailures: 3,
  httpsOnly: true,
}
