import type { ConnectorDefinition, DestinationHost } from '../../connector/define-connector.ts'
import { deepFreeze } from '../../domain/deep-freeze.ts'
import type { MethodCall } from './sides.ts'

/** Runs a method of the connector, as the process would: with settings that cannot be changed. */
export async function callMethod(
  definition: ConnectorDefinition,
  { method, field, context }: MethodCall,
  host: DestinationHost,
): Promise<unknown> {
  deepFreeze(context.config)
  deepFreeze(context.credentials)
  // What each is given was checked by the caller, which has the types.
  const given = context as never
  switch (method) {
    case 'deliver':
      return definition.deliver!(host, given)
    case 'check':
      return definition.check!(host, given)
    case 'options':
      return definition.options![field!]!(host, given)
    case 'onCreate':
      return definition.onCreate!(host, given)
    case 'onDelete':
      return definition.onDelete!(host, given)
    default:
      return method satisfies never
  }
}
