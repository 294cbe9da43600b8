import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import discord from '../plugins/discord/index.ts'
import pagerduty from '../plugins/pagerduty/index.ts'
import rabbitmq from '../plugins/rabbitmq/index.ts'
import redis from '../plugins/redis/index.ts'
import slack from '../plugins/slack/index.ts'
import smtp from '../plugins/smtp/index.ts'
import teams from '../plugins/teams/index.ts'

// One language in all connectors that take templates.

const connectors = [
  [discord, ['title', 'text', 'link']],
  [pagerduty, ['dedupKey', 'summary', 'severity', 'source', 'component', 'group', 'class', 'link']],
  [rabbitmq, ['routingKey']],
  [redis, ['stream']],
  [slack, ['title', 'text', 'link', 'threadKey']],
  [smtp, ['subject', 'text', 'html']],
  [teams, ['title', 'text', 'link']],
] as const
const settings = connectors.flatMap(([{ key, config, samples }, fields]) =>
  fields.map((field) => ({ key, field, schema: config as z.ZodType, config: samples!.config as object })),
)

test.each(settings)('$key refuses a placeholder in $field that no event has, and says what to write', (setting) => {
  const { field, schema, config } = setting
  const issuesOf = (template: string) =>
    schema.safeParse({ ...config, [field]: template }).error?.issues.map(({ path, message }) => ({ path, message }))
  const message = 'holds {{order.id}}, which no event has: write {{data.order.id}} for a value of its data'
  expect(issuesOf('https://example.com/{{type}}/{{ order.id }}')).toEqual([{ path: [field], message }])
  expect(issuesOf('https://example.com/{{type}}/{{ data.order.id }}')).toBeUndefined()
})

test.each(settings)('the form says of $field of $key which placeholders it may hold', ({ key, field, schema }) => {
  const { properties } = schema.toJSONSchema({ io: 'input' })
  const { description } = properties![field] as { description: string }
  expect(description, key).toContain(
    'May hold {{type}}, {{id}}, {{createdAt}}, {{organizationId}}, {{data}} and values of it',
  )
})

test.each(connectors.map(([{ key }]) => key))(
  'the guide of %s speaks of the language in the words of the others',
  (key) => {
    const guide = readFileSync(new URL(`../plugins/${key}/README.md`, import.meta.url), 'utf8')
    expect(guide.replace(/\s+/g, ' ')).toContain(
      'may hold `{{type}}`, `{{id}}`, `{{createdAt}}`, `{{organizationId}}`, `{{data}}` (all of it, as JSON) and values of it such as `{{data.customer.name}}` or `{{data.lines.0.sku}}`.',
    )
  },
)

test.each(connectors.map(([definition]) => definition))(
  'the samples of $key that must be refused are, at their field',
  (one) => {
    const { config, credentials, samples } = one as {
      config: z.ZodType
      credentials: z.ZodType
      samples: typeof one.samples
    }
    for (const reject of samples!.rejects) {
      const [group, ...path] = reject.path
      const { error } = group === 'config' ? config.safeParse(reject.config) : credentials.safeParse(reject.credentials)
      expect(
        error?.issues.map((issue) => issue.path.map(String)),
        JSON.stringify(reject),
      ).toContainEqual(path)
    }
  },
)
