import { z } from 'zod'
import { base, type Definition } from './base.ts'

/** Asks for what no form can draw, and does not say what it is. */
export default {
  ...base,
  config: z.object({
    url: z.string().meta({ format: 'uri', title: 'URL', description: 'Where to.' }),
    pair: z.tuple([z.string(), z.string()]).optional().meta({ title: 'Pair', description: 'Two.' }),
    nested: z.strictObject({ deep: z.string() }).optional().meta({ title: 'Nested', description: 'One inside.' }),
  }),
} satisfies Definition
