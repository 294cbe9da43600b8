import type { CheckIssue, Classification } from 'postrider/connector'

type Path = NonNullable<CheckIssue['path']>

/** What the server has refused, and which setting is at fault. */
export class Refusal extends Error {
  readonly verdict: Classification
  readonly path: Path
  constructor(verdict: Exclude<Classification, { kind: 'success' }>, path: Path) {
    super(verdict.reason)
    this.verdict = verdict
    this.path = path
  }
}

const MAX_TEXT_LENGTH = 300

/** The password is wrong, missing, or given to a server that has none; in Redis 5 the second without a code. */
const REJECTED = /^(?:NOAUTH|WRONGPASS|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/

/**
 * The meaning of an error that Redis answered. Everything that is not known to last is tried again: OOM, LOADING, READONLY,
 * MOVED, CLUSTERDOWN, MASTERDOWN, MISCONF, NOREPLICAS, BUSY, TRYAGAIN and their like.
 */
export function refusalOf(text: string): Refusal {
  const reason = `Redis said: ${text.slice(0, MAX_TEXT_LENGTH)}`
  const disable = { kind: 'disable', because: 'CREDENTIALS_REJECTED', reason } as const
  if (REJECTED.test(text)) return new Refusal(disable, ['credentials', 'password'])
  if (text.startsWith('NOPERM')) {
    // With a template in the key another event may be allowed.
    return / key/.test(text)
      ? new Refusal({ kind: 'fail', reason }, ['config', 'stream'])
      : new Refusal(disable, ['credentials', 'user'])
  }
  if (text.startsWith('WRONGTYPE')) return new Refusal({ kind: 'fail', reason }, ['config', 'stream'])
  if (/^ERR (?:DB index|SELECT is not allowed)/.test(text)) {
    return new Refusal({ kind: 'fail', reason }, ['config', 'db'])
  }
  return new Refusal({ kind: 'retry', reason }, ['config', 'host'])
}

/** Without an answer: whether the command was carried out is not known. */
export function connectionEnded(): Refusal {
  return new Refusal(
    { kind: 'retry', because: 'CONNECTION', reason: 'The connection ended before Redis had answered' },
    ['config', 'host'],
  )
}

/** Whether another connection may lead to a server that can: during a failover the name leads to a new one. */
export function isElsewhere(text: string): boolean {
  return /^(?:READONLY|MASTERDOWN|LOADING|MOVED)/.test(text)
}
