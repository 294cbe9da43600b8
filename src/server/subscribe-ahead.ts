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

/** Items of one subscription that are worked on at a time. */
const AHEAD = 16

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
  return inOrder(source[Symbol.asyncIterator](), (rootValue) => execute({ ...ofItems, rootValue }))
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

type Told<Result> = { readonly error: unknown } | { readonly result: Result | Promise<Result> }

/** Not a generator: that would hear of `return()` only when the item that it waits for has come. */
function inOrder<Item, Result>(
  source: AsyncIterator<Item>,
  work: (item: Item) => Result | Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const ready: Told<Result>[] = []
  let isPulling = false
  let isOver = false
  let wake: (() => void) | undefined

  async function pull(): Promise<void> {
    if (isPulling) return
    isPulling = true
    while (!isOver && ready.length < AHEAD) {
      try {
        const { value, done } = await source.next()
        if (done) isOver = true
        else if (!isOver) ready.push({ result: begin(value) })
      } catch (error) {
        isOver = true
        ready.push({ error })
      }
      wake?.()
    }
    isPulling = false
  }

  function begin(item: Item): Result | Promise<Result> {
    const result = work(item)
    // The consumer that takes it is told; until then a failure is nobody's.
    if (result instanceof Promise) result.catch(() => undefined)
    return result
  }

  async function next(): Promise<IteratorResult<Result, void>> {
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

  async function end(): Promise<IteratorResult<Result, void>> {
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
