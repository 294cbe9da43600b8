import { resolveFragment } from './json-pointer.ts'

/** An event type as a description of webhooks has it. */
export interface DescribedType {
  readonly name: string
  readonly description?: string
  readonly group?: string
  readonly status: 'AVAILABLE' | 'DEPRECATED'
  readonly payloadSchema?: Record<string, unknown>
  readonly samplePayload?: unknown
}

/** A document that is not a description of webhooks. The message names the place. */
export class OpenapiInvalid extends Error {
  override readonly name = 'OpenapiInvalid'
}

type Node = Readonly<Record<string, unknown>>

const COMPONENTS = '#/components/schemas/'

/**
 * The event types of the `webhooks` section of an OpenAPI 3.1 document: the name, the summary or description, the first tag as
 * the group, and the schema and example of the JSON body. With `dataKey` the body is an envelope, and that property of it is
 * the data. Schemas of components go along as $defs. Throws OpenapiInvalid.
 */
export function typesOfOpenapi(document: unknown, { dataKey }: { dataKey?: string | undefined } = {}): DescribedType[] {
  const root = nodeAt(document, 'the document')
  if (!/^3\.[1-9]/.test(String(root.openapi))) throw new OpenapiInvalid('the document is not OpenAPI 3.1')
  const webhooks = nodeAt(root.webhooks, 'webhooks')
  return Object.entries(webhooks).map(([name, item]) => typeOf(root, name, { item, dataKey }))
}

function typeOf(
  root: Node,
  name: string,
  { item, dataKey }: { item: unknown; dataKey: string | undefined },
): DescribedType {
  const place = `webhooks.${name}`
  const path = follow(root, item, place)
  const operation = nodeAt(path.post ?? path.put, `${place}.post`)
  const media = mediaOf(root, operation, place)
  const schema = media?.schema === undefined ? undefined : dataSchema(root, media.schema, { dataKey, place })
  const sample = dataOf(exampleOf(root, media), dataKey)
  const description = operation.description ?? operation.summary ?? path.description ?? path.summary
  const [group] = Array.isArray(operation.tags) ? operation.tags : []
  return {
    name,
    status: operation.deprecated === true ? 'DEPRECATED' : 'AVAILABLE',
    ...(typeof description === 'string' && { description: description.trim() }),
    ...(typeof group === 'string' && { group }),
    ...(schema && { payloadSchema: schema }),
    ...(sample !== undefined && { samplePayload: sample }),
  }
}

function mediaOf(root: Node, operation: Node, place: string): Node | undefined {
  if (operation.requestBody === undefined) return undefined
  const body = follow(root, operation.requestBody, `${place}.requestBody`)
  const content = nodeAt(body.content, `${place}.requestBody.content`)
  const type = Object.keys(content).find((one) => /^application\/(.+\+)?json\b/.test(one))
  return type === undefined ? undefined : nodeAt(content[type], `${place}.requestBody.content`)
}

function exampleOf(root: Node, media: Node | undefined): unknown {
  if (media?.example !== undefined) return media.example
  const [first] = Object.values((media?.examples ?? {}) as Node)
  return first === undefined ? undefined : follow(root, first, 'examples').value
}

function dataOf(example: unknown, dataKey: string | undefined): unknown {
  if (dataKey === undefined || example === undefined) return example
  return typeof example === 'object' && example !== null ? (example as Node)[dataKey] : undefined
}

function dataSchema(
  root: Node,
  body: unknown,
  { dataKey, place }: { dataKey: string | undefined; place: string },
): Record<string, unknown> {
  if (dataKey === undefined) return standalone(root, nodeAt(body, `${place}.schema`), place)
  const properties = follow(root, body, `${place}.schema`).properties as Node | undefined
  if (properties?.[dataKey] === undefined) throw new OpenapiInvalid(`${place}: its body has no property "${dataKey}"`)
  return standalone(root, nodeAt(properties[dataKey], `${place}.schema.properties.${dataKey}`), place)
}

/** The schema with the components that it refers to, and those that these refer to, in its $defs. */
function standalone(root: Node, schema: Node, place: string): Record<string, unknown> {
  const components = ((root.components as Node | undefined)?.schemas ?? {}) as Node
  const definitions: Record<string, unknown> = {}
  const define = (name: string) => {
    if (name in definitions) return
    if (components[name] === undefined)
      throw new OpenapiInvalid(`${place} refers to ${COMPONENTS}${name}: there is none`)
    // It may refer to itself.
    definitions[name] = true
    definitions[name] = move(components[name])
  }
  const move = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(move)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === '$ref' ? moved(inner) : move(inner)]),
    )
  }
  const moved = (ref: unknown): unknown => {
    if (typeof ref !== 'string' || !ref.startsWith(COMPONENTS)) return move(ref)
    const inside = ref.slice(COMPONENTS.length)
    define(inside.split('/')[0]!)
    return `#/$defs/${inside}`
  }
  const own = move(schema) as Record<string, unknown>
  return Object.keys(definitions).length > 0 ? { ...own, $defs: { ...(own.$defs as Node), ...definitions } } : own
}

/** What a reference into the document leads to, or the node itself. */
function follow(root: Node, value: unknown, place: string): Node {
  const node = nodeAt(value, place)
  if (typeof node.$ref !== 'string') return node
  const found = node.$ref.startsWith('#/') ? resolveFragment(node.$ref, root) : undefined
  if (found === undefined) throw new OpenapiInvalid(`${place} refers to ${node.$ref}: there is none in this document`)
  return nodeAt(found, node.$ref)
}

function nodeAt(value: unknown, place: string): Node {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Node
  throw new OpenapiInvalid(`${place} is no object`)
}
