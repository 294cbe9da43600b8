/** Of a connector: those that work with the outside. */
type MethodName = 'deliver' | 'check' | 'options' | 'onCreate' | 'onDelete'

/** One call of a method, as the thread gets it. */
export interface MethodCall {
  readonly id: number
  readonly method: MethodName
  /** Whose choices are asked for, for `options`. */
  readonly field: string | undefined
  /** What the method is given beside the host. */
  readonly context: { readonly config: unknown; readonly credentials: unknown }
  readonly timeoutMs: number
}

/** What the connector's thread does for the process. */
export interface ThreadSide {
  run(call: MethodCall, signal: AbortSignal): Promise<unknown>
  /** Lets the connector make a text that the host remembers. */
  make(id: number): Promise<string>
  /** Lets the connector open a connection that is shared as `shareId`. */
  open(opening: { readonly id: number; readonly shareId: number }): Promise<void>
  close(shareId: number): Promise<void>
  /** The certificate authorities of the process: a thread has its own. */
  trust(certificates: readonly string[]): void
  ping(nothing: undefined): void
}

/** What the process does for the connector's thread. Each is for the call `id`, and fails when that has ended. */
export interface ProcessSide {
  fetch(asked: { readonly id: number; readonly request: PlainRequest }, signal: AbortSignal): Promise<PlainAnswer>
  /** The text is made by ThreadSide.make. */
  remember(asked: {
    readonly id: number
    readonly makeId: number
    readonly key: string
    readonly options: { ttlSeconds?: number } | undefined
  }): Promise<string>
  /** The shared connection's number; opened by ThreadSide.open when there is none. */
  share(asked: { readonly id: number; readonly openId: number }): Promise<number>
  lost(shareId: number): void
  resolve(hostname: string, signal: AbortSignal): Promise<string[]>
  /** The connector is loaded. */
  ready(nothing: undefined): void
  /** A promise was rejected, and nobody looks. */
  unhandled(where: string): void
}

export interface PlainRequest {
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array | undefined
}

export interface PlainAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  /** Null for a status that has none. */
  readonly body: string | null
}

/** What a thread is started with. */
export interface ThreadData {
  readonly moduleUrl: string
  readonly allow: readonly string[]
  readonly proxy: string | undefined
}
