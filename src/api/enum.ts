import { registerEnumType } from 'type-graphql'

/** The GraphQL enum of a list of names, so that the list in domain or store stays the only one. */
export function enumOf<const V extends string>(
  name: string,
  values: readonly V[],
  description: string,
  /** What each means, where the name does not say it. */
  meanings: { readonly [value in V]?: string } = {},
): { readonly [value in V]: V } {
  const object = Object.fromEntries(values.map((value) => [value, value])) as { [value in V]: V }
  const described = Object.entries<string | undefined>(meanings).map(([value, meaning]) => [
    value,
    { description: meaning },
  ])
  registerEnumType(object, { name, description, valuesConfig: Object.fromEntries(described) })
  return object
}
