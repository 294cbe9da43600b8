import { defaultCpuLimits } from '../../evaluate/cpu-account.ts'

/**
 * What each limit is by default; POSTRIDER_LIMITS changes them by these names. 0: no limit. A process counts for itself.
 * SESSION: each portal session, and each key of one organization. ORGANIZATION: all of these of one organization together.
 */
export const defaultLimits = {
  /** Cost of operations within COST_WINDOW_MS. */
  SESSION_COST: 20_000,
  ORGANIZATION_COST: 40_000,
  /** Of an application's keys together. Publishing counts nothing. */
  APPLICATION_COST: 1_000_000,
  /** Operations under way at once; WAITING_FOR_ONE times as many wait. */
  SESSION_OPERATIONS: 8,
  ORGANIZATION_OPERATIONS: 16,
  SESSION_SUBSCRIPTIONS: 100,
  ORGANIZATION_SUBSCRIPTIONS: 500,
  /** Followers of the feed that read what happened before they came. Others wait for their turn. */
  SESSION_CATCH_UPS: 4,
  ORGANIZATION_CATCH_UPS: 8,
  SESSION_SOCKETS: 10,
  ORGANIZATION_SOCKETS: 100,
  /** Subscriptions that a socket of a session may begin within SUBSCRIBE_WINDOW_MS. */
  SOCKET_SUBSCRIBES: 100,
  /** Bytes of one answer, and of one item of a subscription. */
  ANSWER_BYTES: 10_000_000,
  /** CPU time a minute that filters and transforms take: of one destination, and of all of one organization. */
  DESTINATION_CPU_MS: defaultCpuLimits.destinationCpuMs,
  ORGANIZATION_CPU_MS: defaultCpuLimits.organizationCpuMs,
  /** Bytes of event data that test sends of one organization store within TEST_WINDOW_MS. */
  TEST_BYTES: 10_000_000,
  /** Destinations of one organization. */
  DESTINATIONS: 100,
} as const

export type LimitName = keyof typeof defaultLimits
export type BudgetLimits = Readonly<Record<LimitName, number>>

/** Those that a caller is shown; a socket counts for itself. */
export type ShownLimit = Exclude<LimitName, 'SOCKET_SUBSCRIBES'>
export const shownLimits = Object.keys(defaultLimits).filter((name) => name !== 'SOCKET_SUBSCRIBES') as ShownLimit[]

export const COST_WINDOW_MS = 10_000
export const TEST_WINDOW_MS = 600_000
export const SUBSCRIBE_WINDOW_MS = 5_000
export const WAITING_FOR_ONE = 4

/** How far the caller has come with one limit. */
export interface Limit {
  readonly name: ShownLimit
  readonly max: number
  readonly used: number
  /** When nothing is used any more if nothing more is asked; null where the time takes nothing off. */
  readonly resetsAt: Date | null
}
