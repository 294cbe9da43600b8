import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DestinationsDocument, EventDocument } from '../src/client/generated/documents.ts'
import { runCliHere, runJson, runJsonHere } from './support/cli.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { temporaryFolder } from './support/process.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'

// The commands that talk to a server and end: events, destinations, deliveries.

let postrider: TestPostrider
let receiver: Receiver
beforeAll(async () => {
  postrider = await startTestPostrider()
  // Its path is what it answers.
  receiver = await startReceiver((request) => Number(request.path.slice(1)) || 200)
})
afterAll(async () => {
  await postrider?.[Symbol.asyncDispose]()
  await receiver?.[Symbol.asyncDispose]()
})

/** An application with one attempt for each delivery, the type `a`, and the organization `acme`. */
async function prepare() {
  const backend = await postrider.application({ retryDelays: [] })
  await backend.eventType('a', { samplePayload: { n: 1 } })
  const organizationId = await backend.organization('acme')
  const { endpoint } = backend
  return {
    backend,
    organizationId,
    run: (args: string[]) => runCliHere(args, { endpoint }),
    json: (args: string[]) => runJsonHere(args, { endpoint }),
    destination: (status: number) => backend.destination({ organizationId, url: answering(status) }),
  }
}

function answering(status: number): string {
  return new URL(`/${status}`, receiver.url).href
}

const publishA = ['events', 'publish', '--organization', 'acme', '--type', 'a']

test('events publish says which event it made and to whom it goes, and --wait what became of it', async () => {
  const { run, json, destination, backend, organizationId } = await prepare()
  const lonely = await run([...publishA, '--data', '{"n":1}'])
  expect(lonely).toMatchObject({ exitCode: 0, stderr: '' })
  expect(lonely.stdout).toMatch(/^evt_\w{26} {2}a\n {2}No destination wants it\.\n$/)
  const { id } = await destination(200)
  const waited = await run([...publishA, '--data', '{"n":1}', '--wait'])
  expect(waited).toMatchObject({ exitCode: 0, stderr: '' })
  expect(waited.stdout).toMatch(new RegExp(`^evt_\\w{26} {2}a\\n {2}dlv_\\w{26} {2}SUCCEEDED {2}1/1 {2}${id}\\n$`))

  await destination(500)
  const failed = await json([...publishA, '--data', '{"n":2}', '--wait', '--organization', organizationId])
  expect(failed).toMatchObject({ exitCode: 5, stderr: '' })
  const { event, duplicate, deliveries } = failed.document
  expect(duplicate).toBe(false)
  expect(deliveries.map((delivery: { status: string }) => delivery.status).sort()).toEqual(['FAILED', 'SUCCEEDED'])
  expect((await backend.send(EventDocument, { id: event.id })).event?.data).toEqual({ n: 2 })
})

test('events publish takes its data from standard input and from files, and a key and a time', async () => {
  await using folder = await temporaryFolder()
  const { backend, json, run, destination } = await prepare()
  await destination(200)
  const file = path.join(folder.path, 'data.json')
  await writeFile(file, '{"n":"from a file"}')
  const piped = await runJson([...publishA, '--data', '-'], { endpoint: backend.endpoint, input: '{"n":"piped"}' })
  const fromFile = await json([...publishA, '--data-file', file])
  expect(piped.document.event.data).toEqual({ n: 'piped' })
  expect(fromFile.document.event.data).toEqual({ n: 'from a file' })
  const missing = await run([...publishA, '--data-file', `${file}.not`])
  expect(missing.exitCode).toBe(1)
  expect(missing.stderr).toMatch(/data\.json\.not cannot be read: ENOENT/)

  const due = new Date(Date.now() + 3_600_000).toISOString()
  const keyed = [...publishA, '--data', '{}', '--idempotency-key', 'k1', '--deliver-at', due]
  const first = await json(keyed)
  expect(first.document.deliveries).toMatchObject([{ status: 'PENDING', nextAttemptAt: due }])
  const again = await run(keyed)
  expect(again.stdout).toContain(`${first.document.event.id}  a  (published before, with this idempotency key)`)
})

test('what the server refuses of an event is told field by field', async () => {
  const { run, backend } = await prepare()
  const payloadSchema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }
  await backend.eventType('strict', { payloadSchema })
  const strict = await run(['events', 'publish', '--organization', 'acme', '--type', 'strict', '--data', '{"n":"x"}'])
  expect(strict).toMatchObject({ exitCode: 3, stdout: '' })
  expect(strict.stderr).toMatch(/^data: .*\/n/)
  const unknown = await run(['events', 'publish', '--organization', 'nobody', '--type', 'b', '--data', '{}', '--json'])
  expect(unknown).toMatchObject({ exitCode: 3, stdout: '' })
  expect(unknown.stderr).toMatch(/^organizationExternalId: /m)
})

test('destinations create shows the secret that its requests are signed with; list, test and delete find it', async () => {
  const { run, json, organizationId, backend } = await prepare()
  const create = ['destinations', 'create', '--organization', 'acme', '--to', answering(200)]
  const made = await run([...create, '--event-type', 'a', 'b.*'])
  expect(made).toMatchObject({ exitCode: 0, stderr: '' })
  const [, id, secret] = /^Destination +(dst_\w{26})\nSigning secret +(whsec_\S+)\n$/.exec(made.stdout)!
  const test = await run(['destinations', 'test', id!, '--event-type', 'a'])
  expect(test).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Arrived: 200 {2}\d+ ms\n$/), stderr: '' })
  const { body, headers } = receiver.requests.at(-1)!
  expect(new Webhook(secret!).verify(body, headers as Record<string, string>)).toMatchObject({ data: { n: 1 } })

  const second = await json([...create, '--label', 'CRM', '--config', '{"url":"http://replaced.example/"}'])
  expect(second.document).toMatchObject({ destination: { label: 'CRM', config: { url: answering(200) } } })
  expect(second.document.signingSecret).toMatch(/^whsec_/)
  const host = new URL(receiver.url).host
  const listed = await run(['destinations', 'list'])
  expect(listed).toMatchObject({ exitCode: 0, stderr: '' })
  expect(listed.stdout).toContain(`${id}  HEALTHY  webhook  ${host}  a,b.*      ${host}\n`)
  expect(listed.stdout).toContain(`HEALTHY  webhook  ${host}  all types  CRM\n`)
  const page = await json(['destinations', 'list', '--organization', organizationId, '--first', '1'])
  expect(page.document).toMatchObject({ totalCount: 2, nodes: [{ label: 'CRM' }], pageInfo: { hasNextPage: true } })
  const rest = await json(['destinations', 'list', '--after', page.document.pageInfo.endCursor])
  expect(rest.document.nodes).toMatchObject([{ id }])

  expect(await run(['destinations', 'delete', id!])).toEqual({ exitCode: 0, stdout: `Deleted ${id}\n`, stderr: '' })
  const left = await backend.send(DestinationsDocument, { organizationId })
  expect(left.destinations.nodes).toMatchObject([{ label: 'CRM' }])
})

test('a destination that may not be is refused with its field', async () => {
  const { run } = await prepare()
  const to = (url: string) => run(['destinations', 'create', '--organization', 'acme', '--to', url])
  const inside = await to('http://10.0.0.1/')
  expect(inside).toMatchObject({ exitCode: 3, stdout: '' })
  expect(inside.stderr).toMatch(/^config\.url: /)
  const connector = ['--connector', 'fax', '--config', '{}', '--credentials', '{"pin":"1234"}']
  const fax = await run(['destinations', 'create', '--organization', 'acme', ...connector])
  expect(fax).toMatchObject({ exitCode: 3, stdout: '' })
  expect(fax.stderr).toMatch(/^connector: /)
})

test('destinations test ends with 5 when the attempt did not succeed, and says why', async () => {
  const { run, json, destination } = await prepare()
  const { id } = await destination(503)
  const test = ['destinations', 'test', id, '--event-type', 'a']
  const failed = await run(test)
  expect(failed).toMatchObject({ exitCode: 5, stderr: '' })
  expect(failed.stdout).toMatch(/^Did not arrive: The receiver answered 503 {2}\d+ ms\n$/)
  const { exitCode, document } = await json([...test, '--data', '{"n":7}'])
  expect(exitCode).toBe(5)
  expect(document).toMatchObject({ attempt: { outcome: 'RETRYABLE_FAILURE' }, delivery: { trigger: 'TEST' } })
  expect(JSON.parse(document.attempt.request.body).data).toEqual({ n: 7 })
  const unknown = await run(['destinations', 'test', id, '--event-type', 'z'])
  expect(unknown).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringMatching(/^eventType: /) })
})

test('deliveries retry sends all of them again, names those that it cannot, and --wait says what became of them', async () => {
  const { run, json, destination, backend, organizationId } = await prepare()
  const { id: destinationId } = await destination(500)
  const { deliveries: made } = await backend.publish({ organizationId, type: 'a', data: {} })
  const [failed] = made
  await backend.finished(failed!.id)
  const list = ['deliveries', 'list', '--status', 'failed', '--destination', destinationId, '--event-type', 'a']
  const listed = await run(list)
  expect(listed).toMatchObject({ exitCode: 0, stderr: '' })
  expect(listed.stdout.trimEnd()).toMatch(
    new RegExp(`^\\S+Z {2}a {2}${failed!.id} {2}FAILED {2}1/1 {2}${destinationId}$`),
  )

  const again = await json(['deliveries', 'retry', failed!.id])
  expect(again).toMatchObject({ exitCode: 0, document: { deliveries: [{ trigger: 'RETRY' }] } })
  const waited = await run(['deliveries', 'retry', failed!.id, '--wait'])
  expect(waited).toMatchObject({ exitCode: 5, stderr: '' })
  expect(waited.stdout).toMatch(/^dlv_\w{26} {2}FAILED {2}1\/1 /)
  const both = await json(['deliveries', 'retry', 'dlv_x', failed!.id])
  expect(both).toMatchObject({ exitCode: 3, stderr: 'dlv_x: there is no delivery dlv_x\n' })
  expect(both.document.deliveries).toHaveLength(1)

  await backend.finished(both.document.deliveries[0].id)
  const all = await json(['deliveries', 'list', '--organization', 'acme', '--first', '3'])
  expect(all.document).toMatchObject({ pageInfo: { hasNextPage: true } })
  expect(all.document.nodes.map((delivery: { trigger: string }) => delivery.trigger)).toEqual([
    'RETRY',
    'RETRY',
    'RETRY',
  ])
  expect((await run(['deliveries', 'list', '--status', 'skipped'])).stdout).toBe('There is no such delivery.\n')
})
