import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { N8nPackage } from './package.ts'
import { helpersFor } from './requests.ts'
import type { Credential, Item, Json, LoadedOption, NodeType } from './types.ts'

export interface N8nOptions {
  readonly package: N8nPackage
  readonly credential: Credential
  /** Of the workflow. Default: UTC. */
  readonly timezone?: string
}

/** One workflow of an n8n, with a trigger in it, and the port on which that n8n takes webhooks. */
export interface N8n extends AsyncDisposable {
  readonly productionUrl: string
  readonly testUrl: string
  /** What is stored with the workflow. */
  staticData: Json
  /** Parameters of the trigger, as the editor has them. */
  parameters: Json
  /** The credential that the trigger uses. */
  credential: Credential
  /** Items of each time that the workflow was started, in order. */
  readonly executions: readonly Item[][]
  execution(n: number): Promise<Item[]>
  activate(): Promise<void>
  deactivate(): Promise<void>
  /** "Listen for test event": ends by itself with the first event. */
  listen(): Promise<void>
  /** n8n serves neither URL any more, and has told nobody: it was killed, or has not yet started. */
  forget(): void
  /** Runs an action node on its own: one item of output for each result. */
  execute(parameters: Json, run?: ActionRun): Promise<Item[]>
  /** What a dynamic list of the trigger shows. */
  loadOptions(method: string): Promise<LoadedOption[]>
}

interface ActionRun {
  readonly items?: readonly Json[]
  /** Parameters of single items, over those of all. */
  readonly perItem?: readonly Json[]
  readonly continueOnFail?: boolean
}

type Kind = 'webhook' | 'webhook-test'

/** As n8n 2.41 calls nodes: the same methods, in the same order, with the same answers to what it does not know. */
export async function startN8n({ package: built, credential, timezone = 'UTC' }: N8nOptions): Promise<N8n> {
  const { postriderTrigger: trigger, postrider: action } = built.nodes as Record<string, NodeType>
  const live = new Set<Kind>()
  const executions: Item[][] = []
  const waiting = new Map<number, (items: Item[]) => void>()
  let stored = '{}'

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const kind = request.url!.split('/')[1] as Kind
    if (!live.has(kind))
      return answer(response, 404, { code: 404, message: 'The requested webhook is not registered.' })
    await startWorkflow(kind, Object.assign(request, { rawBody: Buffer.concat(chunks) }), response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const urlOf = (kind: Kind) => `${base}/${kind}/0f5c2c1e/${trigger!.description.webhooks![0]!.path}`

  /** What every context has; static data is stored when `work` has ended without an error. */
  async function withContext<T>(context: object, work: (context: object) => Promise<T>): Promise<T> {
    const staticData = JSON.parse(stored) as Json
    const result = await work({
      getNode: () => ({ name: 'Postrider', type: 'n8n-nodes-postrider.postrider', typeVersion: 1 }),
      getWorkflow: () => ({ id: 'w1', name: 'Orders', active: live.has('webhook') }),
      getCredentials: async () => n8n.credential,
      getWorkflowStaticData: () => staticData,
      getTimezone: () => timezone,
      helpers: helpersFor(built.credentials.postriderApi!, n8n.credential),
      ...context,
    })
    stored = JSON.stringify(staticData)
    return result
  }

  function hook(kind: Kind, method: 'checkExists' | 'create' | 'delete'): Promise<boolean> {
    const isDelete = method === 'delete'
    const context = {
      getMode: () => (isDelete ? 'internal' : kind === 'webhook' ? 'trigger' : 'manual'),
      getActivationMode: () => (isDelete ? 'update' : kind === 'webhook' ? 'activate' : 'manual'),
      getNodeWebhookUrl: () => urlOf(kind),
      getNodeParameter: (name: string, fallback: unknown) => n8n.parameters[name] ?? fallback,
    }
    return withContext(context, (given) => trigger!.webhookMethods!.default[method].call(given))
  }

  async function startWorkflow(kind: Kind, request: IncomingMessage & { rawBody: Buffer }, response: ServerResponse) {
    const context = {
      getMode: () => (kind === 'webhook' ? 'webhook' : 'manual'),
      // n8n gives the production URL here, in a test too.
      getNodeWebhookUrl: () => urlOf('webhook'),
      getRequestObject: () => request,
      getResponseObject: () => expressLike(response),
      getBodyData: () => JSON.parse(request.rawBody.toString()),
      getHeaderData: () => request.headers,
    }
    const result = await withContext(context, (given) => trigger!.webhook!.call(given))
    if (result.workflowData) {
      const [items = []] = result.workflowData
      const n = executions.push(items)
      if (kind === 'webhook-test') await end(kind)
      waiting.get(n)?.(items)
    }
    if (!result.noWebhookResponse) answer(response, 200, result.webhookResponse ?? { message: 'Workflow was started' })
  }

  /** n8n listens first, so that nothing is missed. */
  async function begin(kind: Kind): Promise<void> {
    live.add(kind)
    try {
      if (!(await hook(kind, 'checkExists'))) await hook(kind, 'create')
    } catch (error) {
      live.delete(kind)
      throw error
    }
  }

  async function end(kind: Kind): Promise<void> {
    live.delete(kind)
    await hook(kind, 'delete')
  }

  const n8n: N8n = {
    productionUrl: urlOf('webhook'),
    testUrl: urlOf('webhook-test'),
    get staticData() {
      return JSON.parse(stored)
    },
    set staticData(data) {
      stored = JSON.stringify(data)
    },
    parameters: { eventTypes: [] },
    credential,
    executions,
    execution: (n) =>
      new Promise((resolve) => {
        const there = executions[n - 1]
        if (there) resolve(there)
        else waiting.set(n, resolve)
      }),
    activate: () => begin('webhook'),
    deactivate: () => end('webhook'),
    listen: () => begin('webhook-test'),
    forget: () => live.clear(),
    async execute(parameters, { items = [{}], perItem = [], continueOnFail = false } = {}) {
      const context = {
        getInputData: () => items.map((json) => ({ json })),
        continueOnFail: () => continueOnFail,
        getNodeParameter: (name: string, item: number, fallback: unknown) =>
          perItem[item]?.[name] ?? parameters[name] ?? fallback,
      }
      const [results = []] = await withContext(context, (given) => action!.execute!.call(given))
      return results
    },
    loadOptions: (method) => withContext({}, (given) => trigger!.methods.loadOptions[method]!.call(given)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return n8n
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** n8n's response object is Express's. */
function expressLike(response: ServerResponse) {
  return { status: (code: number) => ({ json: (body: unknown) => answer(response, code, body) }) }
}
