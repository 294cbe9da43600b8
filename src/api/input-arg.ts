import { Arg, type ClassType } from 'type-graphql'

/** The one argument of a mutation. */
export function InputArg(type: () => ClassType): ReturnType<typeof Arg> {
  return Arg('input', type, { description: 'All that it takes, in one object.' })
}
