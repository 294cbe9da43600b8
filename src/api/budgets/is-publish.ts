import { Kind, type OperationDefinitionNode } from 'graphql'
import type { Principal } from '../principal.ts'

const publishing = new Set(['eventPublish', 'eventsPublish'])
/** More is asked with publishing when something else is wanted too. */
const MAX_COST = 1_000

/** Whether the operation only publishes, which no budget slows down. */
export function isPublish(principal: Principal, operation: OperationDefinitionNode, cost: number): boolean {
  if (principal.kind === 'ORGANIZATION' || operation.operation !== 'mutation' || cost > MAX_COST) return false
  return operation.selectionSet.selections.every((one) => one.kind === Kind.FIELD && publishing.has(one.name.value))
}
