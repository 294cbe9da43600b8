import { createRequire } from 'node:module'
import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isLeafType,
  Kind,
  type OperationDefinitionNode,
  type ParseOptions,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql'
import { apiError } from './mask-error.ts'
import { tooManyEntries } from './variable-entries.ts'

// Its ES module brings graphql's, a second realm beside the CommonJS one that all others load.
const { getComplexity } = createRequire(import.meta.url)(
  'graphql-query-complexity',
) as typeof import('graphql-query-complexity')

/** What one operation may ask for, over HTTP and over a socket alike. */
export const limits = {
  /** Fields inside fields. Under __schema and __type, where GraphiQL asks for 15, graphql-js has a limit of its own. */
  depth: 12,
  aliases: 30,
  /** Characters of one: each object of the answer repeats it. */
  aliasLength: 100,
  rootFields: 10,
  tokens: 2_000,
  /** Entries of lists and fields of objects in all variables together. Those inside a JSON scalar do not count. */
  variableEntries: 20_000,
  /** See costOf. */
  cost: 10_000,
} as const

/** Sent with a call, or in a socket's connection_init: answers then say what they cost, in extensions.cost. */
export const COST_HEADER = 'postrider-cost'

export const parseOptions: ParseOptions = { maxTokens: limits.tokens }

/** An operation as it came. */
export interface Operation {
  readonly query: string
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** Parses, validates and measures, for where no server does it: what is wrong, or the operation and its cost. */
export function readOperation(
  schema: GraphQLSchema,
  { query, operationName, variables }: Operation,
): { errors: readonly GraphQLError[] } | { document: DocumentNode; operation: OperationDefinitionNode; cost: number } {
  try {
    const document = parse(query, parseOptions)
    const errors = validate(schema, document)
    if (errors.length > 0) return { errors }
    const operation = getOperationAST(document, operationName)
    if (!operation) throw apiError('BAD_USER_INPUT', 'operationName: names no operation of the document')
    return { document, operation, cost: checkOperation(schema, document, { operation, variables }) }
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] }
    const overflow = refuseOverflow(error)
    if (overflow) return { errors: [overflow] }
    throw error
  }
}

/**
 * The refusal of an operation whose text overflowed the stack, undefined for other errors. graphql-js compares fragments by
 * recursion: about 140 that spread each other are enough, well within the limit of tokens.
 */
export function refuseOverflow(error: unknown): GraphQLError | undefined {
  if (!(error instanceof RangeError)) return undefined
  const extensions = { code: 'BAD_USER_INPUT', http: { status: 400 } }
  return new GraphQLError('The fragments of the operation spread each other too deep', { extensions })
}

/** The cost of a valid operation; throws QUERY_TOO_COMPLEX when it asks for more than is given at once. */
export function checkOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  {
    operation,
    variables,
    onCost,
  }: {
    operation: OperationDefinitionNode
    variables?: Operation['variables']
    /** Told of the cost before it is refused. */
    onCost?: (cost: number) => void
  },
): number {
  const size = measure(operation.selectionSet, fragmentsOf(document))
  refuseOver('depth', size.depth, limits.depth)
  refuseOver('aliases', size.aliases, limits.aliases)
  refuseOver('alias length', size.aliasLength, limits.aliasLength)
  refuseOver('root fields', size.fields, limits.rootFields)
  checkVariables(schema, operation, variables ?? {})
  const cost = knownCost(() => costOf(schema, document, { operation, variables }))
  onCost?.(cost)
  refuseOver('cost', cost, limits.cost)
  return cost
}

function refuseOver(name: string, value: number, limit: number): void {
  if (value <= limit) return
  throw apiError('QUERY_TOO_COMPLEX', `The operation has ${name} ${value}; at most ${limit}`)
}

/** Variables that do not fit are refused here: a field that they fail alone would leave the cost of others unknown. */
function checkVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  const tooMany = tooManyEntries(schema, variableDefinitions, { variables, most: limits.variableEntries })
  if (tooMany) throw refusedVariables(`${tooMany}: holds more than ${limits.variableEntries} entries`)
  const { errors } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: MAX_ERRORS })
  const [first] = errors ?? []
  if (!errors || !first) return
  // Each names the value that it is about, whole.
  const messages = errors.map(({ message }) => cut(message, MAX_MESSAGE_LENGTH))
  throw refusedVariables(messages.join('\n'), first.nodes)
}

const MAX_ERRORS = 10
const MAX_MESSAGE_LENGTH = 500

/** The end of a message is what is wrong. */
function cut(message: string, length: number): string {
  if (message.length <= length) return message
  return `${message.slice(0, length / 2)} … ${message.slice(-length / 2)}`.toWellFormed()
}

function refusedVariables(message: string, nodes?: readonly ASTNode[]): GraphQLError {
  return new GraphQLError(message, { nodes, extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } })
}

/** In the words of graphql-query-complexity, which stops at 10,000 fields with those of fragments. */
const TOO_MANY_NODES = /^Query exceeds the maximum allowed number of nodes/

function knownCost(count: () => number): number {
  try {
    return count()
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const { message, nodes } = error
    throw TOO_MANY_NODES.test(message) ? apiError('QUERY_TOO_COMPLEX', message) : refusedVariables(message, nodes)
  }
}

interface Size {
  readonly depth: number
  /** With those of fragments, each time they are spread. */
  readonly aliases: number
  readonly aliasLength: number
  /** Side by side in this very selection. */
  readonly fields: number
}

type Measure = (name: string) => Size

function fragmentsOf(document: DocumentNode): Measure {
  const definitions = new Map<string, FragmentDefinitionNode>()
  for (const one of document.definitions)
    if (one.kind === Kind.FRAGMENT_DEFINITION) definitions.set(one.name.value, one)
  // Each is measured once, however often it is spread: fragments of fragments would take exponential time. A valid document
  // has no cycles.
  const sizes = new Map<string, Size>()
  const measured: Measure = (name) => {
    const size = sizes.get(name) ?? measure(definitions.get(name)!.selectionSet, measured)
    sizes.set(name, size)
    return size
  }
  return measured
}

function measure({ selections }: SelectionSetNode, fragment: Measure): Size {
  const sizes = selections.map((selection): Size => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return fragment(selection.name.value)
    if (selection.kind === Kind.INLINE_FRAGMENT) return measure(selection.selectionSet, fragment)
    const inside = selection.selectionSet ? measure(selection.selectionSet, fragment) : NOTHING
    const aliases = inside.aliases + (selection.alias ? 1 : 0)
    const isIntrospection = selection.name.value === '__schema' || selection.name.value === '__type'
    const aliasLength = Math.max(inside.aliasLength, selection.alias?.value.length ?? 0)
    return { depth: isIntrospection ? 1 : inside.depth + 1, aliases, aliasLength, fields: 1 }
  })
  return {
    depth: Math.max(0, ...sizes.map((size) => size.depth)),
    aliases: sizes.reduce((sum, size) => sum + size.aliases, 0),
    aliasLength: Math.max(0, ...sizes.map((size) => size.aliasLength)),
    fields: sizes.reduce((sum, size) => sum + size.fields, 0),
  }
}

const NOTHING: Size = { depth: 0, aliases: 0, aliasLength: 0, fields: 0 }

const MUTATION_COST = 10
/** All of it in one operation takes as long as some hundred objects. */
const INTROSPECTION_COST = 200
/** What a list without `first` is taken to hold. */
const LIST_LENGTH = 10
/** Rows that are looked at on an index, for as much as an object costs. */
const COUNTED_FOR_ONE = 1_000

/**
 * An object costs 1 and what is asked of it, a page as much for each of `first`, another list as much as ten, a count 1 more
 * for each thousand of `max`, a mutation 10 more, introspection 200. Plain values cost nothing.
 */
function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, variables }: { operation: OperationDefinitionNode; variables?: Operation['variables'] },
): number {
  return getComplexity({
    schema,
    query: document,
    variables: { ...variables },
    ...(operation.name && { operationName: operation.name.value }),
    estimators: [
      ({ type, field, args, childComplexity }) => {
        const named = getNamedType(field.type)
        if (field.name === '__schema' || field.name === '__type') return INTROSPECTION_COST
        if (isLeafType(named) || named.name.startsWith('__') || named.name === 'PageInfo') return 0
        if (named.name.endsWith('Connection')) {
          const first = args.first ?? field.args.find((arg) => arg.name === 'first')?.defaultValue
          // A negative one is refused by its field, and must take nothing off what others cost.
          return 1 + Math.max(0, Number(first)) * childComplexity
        }
        if (type.name.endsWith('Connection')) {
          if (field.name === 'count') return 1 + Math.max(0, Number(args.max)) / COUNTED_FOR_ONE
          return field.name === 'edges' ? childComplexity : 1 + childComplexity
        }
        if (type === schema.getMutationType()) return MUTATION_COST + childComplexity
        return isList(String(field.type)) ? LIST_LENGTH * (1 + childComplexity) : 1 + childComplexity
      },
    ],
  })
}

function isList(type: string): boolean {
  return type.startsWith('[')
}
