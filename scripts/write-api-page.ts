import { readFile, writeFile } from 'node:fs/promises'
import {
  astFromValue,
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  print,
} from 'graphql'

// Writes what stands in docs/api.md below its marker from schema/schema.graphql; what stands above is written by people.
// With --check only says whether it is fresh.

const MARKER = '<!-- What follows is written by npm run docs. -->\n'

const file = new URL('../docs/api.md', import.meta.url)
const schema = buildSchema(await readFile(new URL('../schema/schema.graphql', import.meta.url), 'utf8'))
const present = await readFile(file, 'utf8')
const [head, rest] = present.split(MARKER)
if (rest === undefined) throw new Error(`docs/api.md has lost its marker: ${MARKER}`)
const page = `${head}${MARKER}\n${sections().join('\n\n')}\n`
if (!process.argv.includes('--check')) await writeFile(file, page)
else if (present !== page) {
  console.error('docs/api.md is stale: run npm run docs')
  process.exitCode = 1
}

function sections(): string[] {
  const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!]
  const operations = roots.flatMap((root) => Object.values(root.getFields()).map((field) => ({ root, field })))
  // A mutation's own input and payload stand with it.
  const placed = new Set<GraphQLNamedType>([...roots, ...operations.flatMap(({ field }) => ownTypes(field))])
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type) && !placed.has(type),
  )
  const list = (title: string, isOfKind: (type: GraphQLNamedType) => boolean) => [
    `## ${title}`,
    ...types.filter(isOfKind).flatMap((type) => typeSection(type, '###')),
  ]
  return [
    ...['Queries', 'Mutations', 'Subscriptions'].flatMap((title, i) => [
      `## ${title}`,
      prose(roots[i]!.description),
      ...operations.filter(({ root }) => root === roots[i]).flatMap(({ root, field }) => operation(root.name, field)),
    ]),
    ...list('Objects', isObjectType),
    ...list('Interfaces', isInterfaceType),
    ...list('Inputs', isInputObjectType),
    ...list('Enums', isEnumType),
    ...list('Scalars', isScalarType),
  ]
}

/** With the root's name before it: Query and Subscription have fields of the same names, which would be one anchor. */
function operation(root: string, field: GraphQLField<unknown, unknown>): string[] {
  const own = ownTypes(field)
  return [
    `### ${root}.${field.name}`,
    prose(field.description),
    ...(own.length === 0 ? table(['argument', 'type', ''], field.args.map(row)) : []),
    `${own.length === 0 ? '' : `Takes \`input\`: ${linked(field.args[0]!.type)}. `}Returns ${linked(field.type)}.`,
    ...own.flatMap((type) => typeSection(type, '####')),
  ]
}

function ownTypes(field: GraphQLField<unknown, unknown>): GraphQLNamedType[] {
  const named = [...field.args.map((arg) => getNamedType(arg.type)), getNamedType(field.type)]
  return named.filter((type) => new RegExp(`^${field.name}(Input|Payload)$`, 'i').test(type.name))
}

function typeSection(type: GraphQLNamedType, level: string): string[] {
  const parts = [`${level} ${type.name}`, prose(type.description)]
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name, description }) => {
      return `\`${name}\`${description ? ` (${prose(description)})` : ''}`
    })
    parts.push(`${values.join(', ')}.`)
  } else if (isInputObjectType(type)) {
    parts.push(...table(['field', 'type', ''], Object.values(type.getFields()).map(row)))
  } else if (isObjectType(type) || isInterfaceType(type)) {
    const members = isInterfaceType(type) ? schema.getPossibleTypes(type) : type.getInterfaces()
    const relation = isInterfaceType(type) ? 'Implemented by' : 'Implements'
    if (members.length > 0) parts.push(`${relation} ${members.map(linked).join(', ')}.`)
    parts.push(...table(['field', 'type', ''], Object.values(type.getFields()).map(fieldRow)))
  }
  return parts
}

function fieldRow(field: GraphQLField<unknown, unknown>): string[] {
  const args = field.args.map(row).map(([name, type, meaning]) => `${name} (${type}): ${meaning}`)
  return [`\`${field.name}\``, linked(field.type), [prose(field.description), ...args].join('<br>')]
}

function row(input: GraphQLArgument | GraphQLInputField): string[] {
  const value = input.defaultValue === undefined ? undefined : astFromValue(input.defaultValue, input.type)
  return [
    `\`${input.name}\``,
    `${linked(input.type)}${value ? ` = \`${print(value)}\`` : ''}`,
    prose(input.description),
  ]
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const lines = [columns, columns.map(() => '---'), ...rows]
  return [lines.map((cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |')).join('\n')]
}

function linked(type: GraphQLType): string {
  if (isNonNullType(type)) return `${linked(type.ofType)}!`
  if (isListType(type)) return `\\[${linked(type.ofType)}\\]`
  return isSpecifiedScalarType(type) ? type.name : `[${type.name}](#${type.name.toLowerCase()})`
}

/** A description as one line of Markdown, in a table or out of it: what is not in backticks is no markup. */
function prose(description: string | null | undefined): string {
  const text = (description ?? '').replace(/\s+/g, ' ').trim()
  return text.replace(/`[^`]*`|[*<>|[\]]/g, (found) => (found.length > 1 ? found : `\\${found}`))
}
