import { z } from 'zod'

/** Where an envelope key takes its value. DATA_SPREAD puts the data's own keys at the top level. */
export const envelopeSources = ['ID', 'TYPE', 'CREATED_AT', 'ORGANIZATION_ID', 'DATA', 'DATA_SPREAD'] as const
export const signatureSchemes = ['STANDARD_WEBHOOKS', 'HMAC_SHA256_HEX'] as const
export const headerSources = ['ID', 'TYPE', 'DELIVERY_ID', 'DELIVERY_UUID', 'ATTEMPT', 'TIMESTAMP'] as const

const dayS = 86_400

/** The wire format and failure policy of one application, as stored. */
export const deliveryProfileSchema = z.object({
  envelope: z.array(z.object({ name: z.string().nullish(), source: z.enum(envelopeSources) })),
  headers: z.array(z.object({ name: z.string(), source: z.enum(headerSources) })),
  signatures: z.array(
    z.object({ scheme: z.enum(signatureSchemes), header: z.string().nullish(), prefix: z.string().nullish() }),
  ),
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
  disableAfterFailures: z.int().min(1).nullable(),
  disableAfterSeconds: z.int().min(1).nullable(),
  failingAfterFailures: z.int().min(1),
  httpsOnly: z.boolean(),
})
export type DeliveryProfile = z.infer<typeof deliveryProfileSchema>

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
