import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeliveriesDocument, type DeliveriesQueryVariables } from '../src/client/generated/documents.ts'
import { idFromUuid, idToUuid, type Uuid } from '../src/domain/id.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'

const ROWS = 5_000

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
  const { organizationId, id } = await backend.hook('http://127.0.0.1:1/')
  // One in 1,000 is FAILED, one in 2,500 of another type.
  await postrider.database.query(
    `insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, trigger,
       attempt_count, max_attempts)
     select uuidv7(make_interval(secs => -n)), $1, $2, uuidv7(), $3, case when n % 2500 = 0 then 'rare' else 'a' end,
       case when n % 1000 = 0 then 'FAILED' else 'SUCCEEDED' end, 'EVENT', 1, 3 from generate_series(1, ${ROWS}) n`,
    [backend.applicationId, organizationId, id].map((text) => idToUuid(text as never)),
  )
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('what failed comes in one page, however rare it is', async () => {
  const { deliveries } = await backend.send(DeliveriesDocument, { filter: { statuses: ['FAILED'] } })
  expect(deliveries.nodes.map((node) => node.status)).toEqual(Array.from({ length: 5 }, () => 'FAILED'))
  expect(deliveries).toMatchObject({ pageInfo: { hasNextPage: false }, count: { value: 5, exact: true } })
})

test('of a rare type each page looks at so many only, and all pages together hold each once, in order', async () => {
  const filter = { eventTypes: ['rare'] }
  const pages = await allPages({ filter })
  expect(pages.length).toBeGreaterThan(1)
  const ids = pages.flatMap((page) => page.nodes.map((node) => node.id))
  const rows = await postrider.database.query<{ id: Uuid<'dlv'> }>(
    "select id from delivery where event_type = 'rare' order by id desc",
  )
  expect(ids).toEqual(rows.map((row) => idFromUuid('dlv', row.id)))
  expect(pages[0]!.count).toMatchObject({ exact: false })
})

test('a page that is full before it has looked at so many is like any other', async () => {
  const { deliveries } = await backend.send(DeliveriesDocument, { first: 100, filter: { eventTypes: ['a'] } })
  expect(deliveries.nodes).toHaveLength(100)
  expect(deliveries.pageInfo).toMatchObject({ hasNextPage: true, endCursor: expect.any(String) })
  const pages = await allPages({ first: 100, filter: { eventTypes: ['a'] } })
  expect(new Set(pages.flatMap((page) => page.nodes.map((node) => node.id))).size).toBe(ROWS - 2)
})

async function allPages(variables: DeliveriesQueryVariables) {
  const pages = []
  let after: string | null | undefined
  do {
    const { deliveries } = await backend.send(DeliveriesDocument, { ...variables, after })
    pages.push(deliveries)
    after = deliveries.pageInfo.hasNextPage ? deliveries.pageInfo.endCursor : undefined
  } while (after != null)
  return pages
}
