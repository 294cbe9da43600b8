import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { EventPublishDocument, EventsPublishDocument } from '../../src/client/generated/documents.ts'
import type { Backend } from '../support/postrider.ts'
import type { BenchReceiver } from './processes.ts'

/** 400 bytes of data, as the figures of the design have it. */
export const payload = { id: 'x', text: 'y'.repeat(380) }

/** A bare undici POST loop against the receiver: what the machine can do without a product in between. Requests/s. */
export async function bareLoop(
  receiver: BenchReceiver,
  { warm, counted }: { warm: number; counted: number },
): Promise<number> {
  const { origin, pathname } = new URL(receiver.url)
  const pool = new Pool(origin, { connections: 64 })
  const body = JSON.stringify({ id: 'evt', type: 'a', timestamp: new Date(), data: payload })
  const send = async () => {
    const answer = await pool.request({
      path: pathname,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    await answer.body.dump()
  }
  await inParallel(64, warm, send)
  const rate = await timed(counted, () => inParallel(64, counted, send))
  await pool.close()
  return rate
}

/** Publishes in batches of 100 from 8 callers, and waits until all have reached the receiver. Deliveries/s. */
export async function batches({ backend, organizationId, receiver }: Target, count: number): Promise<number> {
  const events = Array.from({ length: 100 }, () => ({ organizationId, type: 'a', data: payload }))
  const goal = (await receiver.look()).count + count
  return timed(count, async () => {
    await inParallel(8, count / 100, () => backend.send(EventsPublishDocument, { input: { events } }))
    while ((await receiver.look()).count < goal) await pause(20)
  })
}

/** Single mutations on 64 connections. Mutations/s. */
export async function singles({ backend, organizationId }: Target, count: number): Promise<number> {
  const input = { organizationId, type: 'a', data: payload }
  return timed(count, () => inParallel(64, count, () => backend.send(EventPublishDocument, { input })))
}

/** From just before the mutation to the receiver, at 200 events/s. Milliseconds, sorted. */
export async function latencies({ backend, organizationId, receiver }: Target, seconds: number): Promise<number[]> {
  const goal = (await receiver.look()).count + seconds * 200
  const sent: Promise<unknown>[] = []
  for (let n = 0; n < seconds * 200; n += 1) {
    const data = { ...payload, sentAtMs: performance.timeOrigin + performance.now() }
    sent.push(backend.send(EventPublishDocument, { input: { organizationId, type: 'a', data } }))
    await pause(5)
  }
  await Promise.all(sent)
  const all: number[] = []
  for (;;) {
    const seen = await receiver.look()
    all.push(...seen.latencies)
    if (seen.count >= goal) return all.toSorted((a, b) => a - b)
    await pause(20)
  }
}

export interface Target {
  readonly backend: Backend
  readonly organizationId: string
  readonly receiver: BenchReceiver
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

async function inParallel(callers: number, count: number, call: () => Promise<unknown>): Promise<void> {
  let started = 0
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (started < count) {
        started += 1
        await call()
      }
    }),
  )
}

async function timed(count: number, work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return count / ((performance.now() - startedAt) / 1_000)
}
