import { setTimeout as pause } from 'node:timers/promises'
import type { Pace } from '../../feed/pace.ts'
import { apiError } from '../mask-error.ts'
import type { Principal } from '../principal.ts'
import { type Accounts, type Allowance, createAccounts } from './accounts.ts'
import { type Answer, createAnswer } from './answer.ts'
import {
  type BudgetLimits,
  COST_WINDOW_MS,
  type Limit,
  type LimitName,
  type ShownLimit,
  SUBSCRIBE_WINDOW_MS,
  TEST_WINDOW_MS,
  WAITING_FOR_ONE,
} from './budget-limits.ts'
import { createFeedPace } from './feed-pace.ts'
import { createPlaces, type Place, type Places } from './places.ts'
import { createSlices } from './slices.ts'

/**
 * What each caller, each organization and each application may take of this process. Refusals are RATE_LIMITED, with the
 * seconds after which the same call may be made again.
 */
export interface Budgets {
  /**
   * A call whose body, of this many bytes, is still to be read. Waits while much of its session's cost is used, so that what
   * comes at once does not keep others waiting; throws when all of it is.
   */
  admit(principal: Principal, bodyBytes?: number): Promise<void>
  /** The text of an operation that is about to be read, whatever comes of it: later ones pay for it. */
  takeText(principal: Principal, characters: number): void
  /**
   * An operation of this cost, once it may run and there is a place for it; disposing ends it. Throws when the caller has used
   * up its cost, or too many of its operations wait.
   */
  begin(principal: Principal, cost: number): Promise<Disposable>
  /** What an operation has taken beyond its cost: later ones pay for it. */
  takeBytes(principal: Principal, bytes: number): void
  /** A request that a connector sent for the caller, and the bytes of its answer. */
  takeAsked(principal: Principal, bytes: number): void
  createAnswer(): Answer
  /** The objects of a list, each there when it is its turn. */
  spread<T>(principal: Principal, objects: readonly T[]): readonly (T | Promise<T>)[]
  openSocket(principal: Principal): Promise<Disposable>
  /** A subscription that is still to be read, on a socket of this name; disposing ends it. */
  subscribe(principal: Principal, socket: string): Disposable
  /** Waits while much of a customer's cost is used. */
  turn(principal: Principal): Promise<void>
  /** Of a subscription that was read. */
  takeCost(principal: Principal, cost: number): void
  /** For a follower of the feed each of whose items costs this much. */
  paceOf(principal: Principal, costOfItem: number): Pace
  /** Event data that a test send is about to store. */
  takeTest(principal: Principal, bytes: number): void
  /** Those that hold for the caller; not that of destinations, which a table counts. */
  limitsOf(principal: Principal, answer: Answer): Limit[]
}

/** Reading and checking an operation, and opening a socket, take as much as this, whatever is asked. */
const READING_COST = 50
/** The same of a subscription, and beginning it. */
const SUBSCRIBING_COST = 150
/** Validating 2,000 tokens may take 10 ms, as long as some hundred objects. */
const CHARACTERS_FOR_ONE = 16
/** A refusal comes after this time: a client that repeats it at once would keep the process busy with refusing. */
const REFUSED_AFTER_MS = 500
/** Delivering a test, beside the mutation itself. */
const TEST_COST = 200
const TEST_BYTES_FOR_ONE = 200
/** Sending a request for a connector. */
const ASKING_COST = 10
/** Bytes of an answer that take as much as an object: they are read, shaped, written as JSON and collected as garbage. */
const ANSWERED_BYTES_FOR_ONE = 250
/** Bytes of a body, or of what a connector is answered. */
const BYTES_FOR_ONE = 1_000

export function createBudgets(limits: BudgetLimits, nowMs: () => number): Budgets {
  const accounts = createAccounts(nowMs)
  const places = createPlaces()
  const slices = createSlices(nowMs)
  const owners = ownersIn(limits)

  function takeCost(principal: Principal, cost: number): void {
    const allowances = owners.cost(principal)
    for (const { name, allowance } of allowances) requireRoom(accounts, allowance, { amount: cost, name })
    takeLater(principal, cost)
  }

  function spreadMs(principal: Principal): number {
    const allowances = principal.kind === 'ORGANIZATION' ? owners.cost(principal) : []
    return Math.max(0, ...allowances.map(({ allowance }) => accounts.spreadMs(allowance)))
  }

  /** After what the caller asked for before. */
  async function takeInTurn(principal: Principal, cost: number): Promise<void> {
    const delayMs = spreadMs(principal)
    await refusingLate(() => takeCost(principal, cost))
    if (delayMs > 0) await pause(delayMs)
  }

  function takeLater(principal: Principal, cost: number): void {
    for (const { allowance } of owners.cost(principal)) accounts.take(allowance, cost)
  }

  return {
    async admit(principal, bodyBytes = 0) {
      if (principal.kind !== 'ORGANIZATION') return
      await takeInTurn(principal, READING_COST + bodyBytes / BYTES_FOR_ONE)
    },
    takeText(principal, characters) {
      if (principal.kind === 'ORGANIZATION') takeLater(principal, characters / CHARACTERS_FOR_ONE)
    },
    async begin(principal, cost) {
      await takeInTurn(principal, cost)
      const wanted = owners.places(principal, 'OPERATIONS')
      const first = wanted.find(({ max }) => max > 0)
      if (!first) return NOTHING
      const maxWaiting = first.max * WAITING_FOR_ONE
      const taken = await places.wait(wanted, { maxWaiting })
      if (!taken) throw limited(`More than ${maxWaiting} operations wait (${first.name}); wait 1 s`, 1)
      return taken
    },
    takeBytes: (principal, bytes) => takeLater(principal, bytes / ANSWERED_BYTES_FOR_ONE),
    takeAsked: (principal, bytes) => takeLater(principal, ASKING_COST + bytes / BYTES_FOR_ONE),
    spread: (principal, objects) =>
      principal.kind === 'ORGANIZATION' ? slices.spread(principal.organizationId, objects) : objects,
    createAnswer: () => createAnswer(limits.ANSWER_BYTES),
    openSocket: (principal) =>
      refusingLate(() => {
        if (principal.kind === 'ORGANIZATION') takeCost(principal, READING_COST)
        return takePlace(places, owners.places(principal, 'SOCKETS'), 'sockets')
      }),
    subscribe(principal, socket) {
      if (principal.kind !== 'ORGANIZATION') return NOTHING
      const allowance = { owner: socket, max: limits.SOCKET_SUBSCRIBES, windowMs: SUBSCRIBE_WINDOW_MS }
      requireRoom(accounts, allowance, { amount: 1, name: 'SOCKET_SUBSCRIBES' })
      accounts.take(allowance, 1)
      const place = takePlace(places, owners.places(principal, 'SUBSCRIPTIONS'), 'subscriptions')
      try {
        takeCost(principal, SUBSCRIBING_COST)
        return place
      } catch (error) {
        place[Symbol.dispose]()
        throw error
      }
    },
    async turn(principal) {
      const delayMs = spreadMs(principal)
      if (delayMs > 0) await pause(delayMs)
    },
    takeCost,
    paceOf(principal, costOfItem) {
      const allowances = principal.kind === 'ORGANIZATION' ? owners.cost(principal).map((one) => one.allowance) : []
      const turns = owners.places(principal, 'CATCH_UPS')
      return createFeedPace({ accounts, places, allowances, turns, costOfItem })
    },
    takeTest(principal, bytes) {
      // What an application sends itself is its own.
      if (principal.kind !== 'ORGANIZATION') return
      const allowance = owners.tests(principal.organizationId)
      requireRoom(accounts, allowance, { amount: bytes, name: 'TEST_BYTES' })
      accounts.take(allowance, bytes)
      takeLater(principal, TEST_COST + bytes / TEST_BYTES_FOR_ONE)
    },
    limitsOf(principal, answer) {
      const counted = countedThings.flatMap((thing) => owners.places(principal, thing))
      const atOnce = counted.map(({ name, max, owner }): Limit => {
        return { name, max, used: places.used(owner), resetsAt: null }
      })
      const timed = owners.timed(principal).map(({ name, allowance }): Limit => {
        const { used, emptyInMs } = accounts.read(allowance)
        return { name, max: allowance.max, used, resetsAt: emptyInMs > 0 ? new Date(Date.now() + emptyInMs) : null }
      })
      const ofAnswer: Limit = { name: 'ANSWER_BYTES', max: limits.ANSWER_BYTES, used: answer.usedBytes, resetsAt: null }
      return [...timed, ...atOnce, ofAnswer].filter(({ max }) => max > 0)
    },
  }
}

const NOTHING: Disposable = { [Symbol.dispose]: () => undefined }

type CountedThing = 'OPERATIONS' | 'SUBSCRIPTIONS' | 'CATCH_UPS' | 'SOCKETS'
const countedThings: readonly CountedThing[] = ['OPERATIONS', 'SUBSCRIPTIONS', 'CATCH_UPS', 'SOCKETS']

interface Named {
  readonly name: ShownLimit
  readonly allowance: Allowance
}

interface NamedPlace extends Place {
  readonly name: ShownLimit
}

/** Who counts for what: each limit with the owner of its count. */
function ownersIn(limits: BudgetLimits) {
  const places = (principal: Principal, thing: CountedThing): NamedPlace[] => {
    if (principal.kind !== 'ORGANIZATION') return []
    const names = [`SESSION_${thing}`, `ORGANIZATION_${thing}`] as const
    const owners = [sessionOf(principal), principal.organizationId]
    return names.map((name, i) => ({ name, owner: `${thing} ${owners[i]}`, max: limits[name] }))
  }
  const cost = (principal: Principal): Named[] => {
    const allowanceOf = (name: ShownLimit, owner: string): Named => {
      return { name, allowance: { owner, max: limits[name], windowMs: COST_WINDOW_MS } }
    }
    if (principal.kind === 'OPERATOR') return []
    if (principal.kind === 'APPLICATION') return [allowanceOf('APPLICATION_COST', principal.applicationId)]
    return [
      allowanceOf('SESSION_COST', sessionOf(principal)),
      allowanceOf('ORGANIZATION_COST', principal.organizationId),
    ]
  }
  const tests = (owner: string): Allowance => ({ owner, max: limits.TEST_BYTES, windowMs: TEST_WINDOW_MS })
  return {
    cost,
    tests,
    places,
    timed: (principal: Principal): Named[] => {
      if (principal.kind !== 'ORGANIZATION') return cost(principal)
      return [...cost(principal), { name: 'TEST_BYTES', allowance: tests(principal.organizationId) }]
    },
  }
}

function sessionOf({ sessionId, keyId }: Principal & { kind: 'ORGANIZATION' }): string {
  return sessionId ?? keyId!
}

async function refusingLate<T>(work: () => T): Promise<T> {
  try {
    return work()
  } catch (error) {
    await pause(REFUSED_AFTER_MS)
    throw error
  }
}

function requireRoom(
  accounts: Accounts,
  allowance: Allowance,
  { amount, name }: { amount: number; name: LimitName },
): void {
  const waitMs = accounts.waitMs(allowance, amount)
  if (waitMs === 0) return
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000))
  const within = `${allowance.max} within ${allowance.windowMs / 1_000} s`
  throw limited(`More than ${within} (${name}); wait ${seconds} s`, seconds)
}

function takePlace(places: Places, wanted: readonly NamedPlace[], what: string): Disposable {
  const taken = places.take(wanted)
  if (taken) return taken
  const full = wanted.find(({ owner, max }) => max > 0 && places.used(owner) >= max)!
  throw limited(`At most ${full.max} ${what} at once (${full.name}); end one first`, 1)
}

function limited(message: string, seconds: number) {
  return apiError('RATE_LIMITED', message, { 'retry-after': String(seconds) })
}
