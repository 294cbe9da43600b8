import { type Receiver, startReceiver } from './receiver.ts'

/** A catch server in the place of hooks.zapier.com. */
export interface ZapierHooks extends Receiver {
  /** The URL of a hook that is there from now on. */
  make(name: string): string
  /** From now on it answers 410, as Zapier does for a subscription that it has ended. */
  drop(name: string): void
}

export async function startZapierHooks(): Promise<ZapierHooks> {
  const made = new Set<string>()
  const receiver = await startReceiver(({ path }) => (made.has(path) ? 200 : 410))
  return {
    ...receiver,
    make(name) {
      made.add(`/hook/${name}`)
      return `${receiver.url}/${name}`
    },
    drop: (name) => void made.delete(`/hook/${name}`),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}

export interface Refusal {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** Seconds that a ThrottledError asks for. */
  readonly delay?: number
}

/** What Zapier shows of a step that failed: its errors carry their fields as JSON in the message. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const answer = await call.catch((error: Error) => error)
  if (!(answer instanceof Error)) throw new Error(`It was not refused, but answered ${JSON.stringify(answer)}`)
  const { name, message } = answer
  return { name, ...(message.startsWith('{') ? JSON.parse(message) : { message }) }
}
