import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  isRequiredArgument,
  Kind,
  type SubscriptionArgs,
  visit,
} from 'graphql'
import { type ApiContext, contextOfItem } from '../api/context.ts'

/** Items of one subscription that are worked on at a time, and bytes of them beyond which no other is begun. */
const AHEAD = 16
const AHEAD_BYTES = 1_000_000

/**
 * As graphql-js's subscribe, but several items are executed at a time, told in their order: what they look up is looked up
 * together. The arguments of the subscription are read once.
 */
export async function subscribeAhead(
  args: SubscriptionArgs,
): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult> {
  const source = await createSourceEventStream(args)
  if (!(Symbol.asyncIterator in source)) return source
  const ofItems = { ...args, document: withoutArguments(args.schema, args.document) }
  return inOrder(source[Symbol.asyncIterator](), (rootValue) => executeItem({ ...ofItems, rootValue }))
}

/** An item that is worked on, or waits for the consumer. */
interface Item {
  readonly result: ExecutionResult | Promise<ExecutionResult>
  /** How much its answer holds so far. */
  bytes(): number
}

function executeItem(args: SubscriptionArgs): Item {
  const context = contextOfItem(args.contextValue as ApiContext)
  const { answer, parts, principal } = context
  const finish = (result: ExecutionResult): ExecutionResult => {
    parts.budgets.takeBytes(principal, answer.usedBytes)
    return answer.isOver ? { errors: [answer.refusal] } : result
  }
  const result = execute({ ...args, contextValue: context })
  return { result: result instanceof Promise ? result.then(finish) : finish(result), bytes: () => answer.usedBytes }
}

/**
 * What is executed for an item: its root field gives the item, whatever it was asked with. As it is where an argument has to
 * stand there, a variable is used deeper down, or a fragment holds the root field.
 */
function withoutArguments(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const fields = schema.getSubscriptionType()!.getFields()
  const isBare = (name: string) => !fields[name]?.args.some(isRequiredArgument)
  const stripped = visit(document, {
    OperationDefinition: (operation) => ({
      ...operation,
      variableDefinitions: [],
      selectionSet: {
        ...operation.selectionSet,
        selections: operation.selectionSet.selections.map((one) =>
          one.kind === Kind.FIELD && isBare(one.name.value) ? { ...one, arguments: [] } : one,
        ),
      },
    }),
  })
  let usesVariables = false
  visit(stripped, {
    Variable() {
      usesVariables = true
    },
  })
  return usesVariables ? document : stripped
}

type Told = { readonly error: unknown } | Item

/** Not a generator: that would hear of `return()` only when the item that it waits for has come. */
function inOrder(
  source: AsyncIterator<unknown>,
  work: (value: unknown) => Item,
): AsyncGenerator<ExecutionResult, void, void> {
  const ready: Told[] = []
  let isPulling = false
  let isOver = false
  let wake: (() => void) | undefined

  async function pull(): Promise<void> {
    if (isPulling) return
    isPulling = true
    while (!isOver && ready.length < AHEAD && bytesOf(ready) < AHEAD_BYTES) {
      try {
        const { value, done } = await source.next()
        if (done) isOver = true
        else if (!isOver) ready.push(begin(value))
      } catch (error) {
        isOver = true
        ready.push({ error })
      }
      wake?.()
    }
    isPulling = false
  }

  function begin(value: unknown): Item {
    const item = work(value)
    // The consumer that takes it is told; until then a failure is nobody's.
    if (item.result instanceof Promise) item.result.catch(() => undefined)
    return item
  }

  async function next(): Promise<IteratorResult<ExecutionResult, void>> {
    if (ready.length === 0 && !isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve
        void pull()
      })
    }
    const told = ready.shift()
    if (!told) return { done: true, value: undefined }
    void pull()
    if ('error' in told) throw told.error
    return { done: false, value: await told.result }
  }

  async function end(): Promise<IteratorResult<ExecutionResult, void>> {
    isOver = true
    ready.length = 0
    wake?.()
    await source.return?.()
    return { done: true, value: undefined }
  }

  return {
    next,
    return: end,
    async throw(error) {
      await end()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
    [Symbol.asyncDispose]: async () => void (await end()),
  }
}

function bytesOf(ready: readonly Told[]): number {
  return ready.reduce((sum, one) => sum + ('bytes' in one ? one.bytes() : 0), 0)
}
