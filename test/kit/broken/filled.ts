import { renderTemplate } from 'postrider/connector'
import { z } from 'zod'
import { base, type Definition } from './base.ts'

/** Writes all of the data for each placeholder. */
export default {
  ...base,
  config: z.strictObject({
    url: z.string().max(2_048).meta({ format: 'uri', title: 'URL', description: 'Where to.' }),
    text: z.string().max(2_000).default('').meta({ title: 'Text', description: 'What it says.' }),
  }),
  buildRequest: (context) => {
    const { text = '' } = context.config as { text?: string }
    const write = () => JSON.stringify(context.event.data)
    const body = [...text.matchAll(/\{\{/g)].map(() => renderTemplate('{{id}}', context.event, write)).at(-1)
    return { ...base.buildRequest(context), body: body ?? context.body }
  },
} satisfies Definition
