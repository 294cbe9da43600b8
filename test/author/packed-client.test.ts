import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { checkout, temporaryFolder } from '../support/process.ts'
import { startReceiver } from '../support/receiver.ts'

// postrider/client as it is once the package is installed: packed, unpacked, and nothing beside it but graphql-ws.

const run = promisify(execFile)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  folder = await temporaryFolder()
  postrider = await startTestPostrider()
  backend = await postrider.application()
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path], {
    cwd: checkout,
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  const modules = path.join(folder.path, 'node_modules')
  await mkdir(path.join(modules, 'postrider'), { recursive: true })
  const into = path.join(modules, 'postrider')
  await run('tar', ['-xzf', path.join(folder.path, filename), '-C', into, '--strip-components', '1'])
  for (const name of ['graphql-ws', 'graphql'])
    await symlink(path.join(checkout, 'node_modules', name), path.join(modules, name))
  await writeFile(path.join(folder.path, 'package.json'), '{ "type": "module" }')
})
afterAll(async () => {
  await postrider[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

test('asks, follows and is refused, in a Node that has less than ours', async () => {
  await using receiver = await startReceiver()
  const { organizationId } = await backend.hook(receiver.url)
  const script = `
    delete Promise.withResolvers
    const { createAttemptFeed, EventPublishDocument, openSocket, request, RequestFailed, subscribe, FollowDeliveryDocument,
      SubscriptionFailed } = await import('postrider/client')
    const endpoint = ${JSON.stringify(backend.endpoint)}
    const said = []
    for await (const item of createAttemptFeed(endpoint)) {
      said.push(item.kind)
      if (item.kind === 'attempt') break
      const input = { organizationId: '${organizationId}', type: 'a', data: {} }
      await request(endpoint, EventPublishDocument, { input })
    }
    const socket = openSocket(endpoint)
    try {
      for await (const _ of subscribe(socket, FollowDeliveryDocument, { id: 'dlv_x' }));
    } catch (error) {
      said.push(error instanceof SubscriptionFailed, error.code, error.message)
    }
    await socket.dispose()
    try {
      await request({ ...endpoint, url: '${receiver.url}' }, EventPublishDocument, { input: {} })
    } catch (error) {
      said.push(error instanceof RequestFailed, error.codes, error.message)
    }
    console.log(JSON.stringify(said))`
  await writeFile(path.join(folder.path, 'use.js'), script)
  const { stdout } = await run(process.execPath, ['use.js'], { cwd: folder.path })
  expect(JSON.parse(stdout)).toEqual([
    'checkpoint',
    'attempt',
    ...[true, 'BAD_USER_INPUT', 'id: there is no delivery dlv_x'],
    ...[true, [], 'HTTP 200 without a GraphQL answer'],
  ])
})

test('has types that stand by themselves', async () => {
  const use = `import { createAttemptFeed, DestinationsDocument, request } from 'postrider/client'
    const data = await request({ url: 'http://127.0.0.1', key: 'k' }, DestinationsDocument, { first: 1 })
    export const label: string = data.destinations.nodes[0]!.label
    for await (const item of createAttemptFeed({ url: '', key: '' })) if (item.kind === 'attempt') item.attempt.outcome satisfies string
    // @ts-expect-error: it is a number.
    await request({ url: '', key: '' }, DestinationsDocument, { first: '1' })
  `
  await writeFile(path.join(folder.path, 'use.ts'), use)
  const compilerOptions = {
    ...{ target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom'], types: [], strict: true, noEmit: true },
    files: undefined,
  }
  await writeFile(path.join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }))
  const tsc = path.join(checkout, 'node_modules/typescript/bin/tsc')
  const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: folder.path }).catch((error) => error)
  expect(stdout).toBe('')
})
