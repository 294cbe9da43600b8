import { EventEmitter } from 'node:events'
import pg from 'pg'
import type { TestDatabase } from './database.ts'

/** A part of a plan as Postgres's EXPLAIN (format json) has it. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Parent Relationship'?: string
  /** As Postgres expects them. */
  readonly 'Plan Rows': number
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  /** What is asked of each row that was read. */
  readonly Filter?: string
  readonly Plans?: readonly PlanNode[]
}

export interface Plan {
  /** The statement as it was sent. */
  readonly text: string
  readonly root: PlanNode
}

/**
 * Makes Postgres send the plan of each statement beside its answer, on connections to this database from now on: the real
 * statements with their real parameters and settings, from any place in this process. auto_explain does it on
 * the server; as a notice it reaches us on the connection itself, so no log has to be found and told apart.
 */
export async function watchPlans(database: TestDatabase): Promise<Disposable & { readonly plans: Plan[] }> {
  const name = new URL(database.url).pathname.slice(1)
  const settings = {
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_format': 'json',
    'auto_explain.log_level': 'notice',
  }
  for (const [key, value] of Object.entries(settings)) {
    await database.query(`alter database ${name} set ${key} = '${value}'`)
  }
  const plans: Plan[] = []
  pg.Client.prototype.emit = function (this: pg.Client, event: string | symbol, ...args: unknown[]) {
    const [notice] = args as [{ message?: string } | undefined]
    if (event === 'notice' && notice?.message?.includes('plan:')) plans.push(toPlan(notice.message))
    return EventEmitter.prototype.emit.call(this, event, ...args)
  }
  return {
    plans,
    [Symbol.dispose]() {
      delete (pg.Client.prototype as Partial<EventEmitter>).emit
    },
  }
}

function toPlan(message: string): Plan {
  const parsed = JSON.parse(message.slice(message.indexOf('{'))) as { 'Query Text': string; Plan: PlanNode }
  return { text: parsed['Query Text'], root: parsed.Plan }
}

/** Each node of a plan, from the root down. */
export function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)]
}
