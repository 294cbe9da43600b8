import type { Dispatcher } from 'undici'
import { BodyRecord } from './body-record.ts'
import { abortedFailure, type FailureCode, failureOf, SendFailure, timeoutFailure } from './failure.ts'
import { onAbort } from './on-abort.ts'
import type { OutboundRequest } from './request.ts'

/** What came of one send. */
export type OutboundResult = OutboundResponse | OutboundFailure

/** A whole answer of the receiver, whatever its status; redirects are answers like any other. */
export interface OutboundResponse {
  readonly kind: 'response'
  readonly statusCode: number
  /** Names in lower case; a header that came twice stands here twice. */
  readonly headers: readonly (readonly [string, string])[]
  /** The first 4,096 bytes as they came (nothing is inflated), decoded as UTF-8. Holds no NUL. */
  readonly body: string
  /** Bytes of body read; less than the receiver sent when the connection was cut, soon after 65,536. */
  readonly sizeBytes: number
  /** Whether the body was longer than what is kept of it. */
  readonly truncated: boolean
  readonly durationMs: number
}

/** No whole answer. The message is a sentence for the tenant, without addresses and without bytes of the peer. */
interface OutboundFailure {
  readonly kind: 'failure'
  readonly failure: FailureCode
  readonly message: string
  readonly durationMs: number
}

/** Where and within which limits one request is sent. */
export interface ExchangeOptions {
  readonly dispatcher: Dispatcher
  readonly url: URL
  /** Deadline over everything, counted from the call. */
  readonly timeoutMs: number
  /** How much of the answer's body is kept. */
  readonly keptBytes: number
  /** By performance.now(). */
  readonly startedAtMs: number
  readonly signal: AbortSignal | undefined
  /** Called once, just before the promise is fulfilled. */
  readonly onSettled: () => void
}

/** One request and its answer, within one deadline. Never rejects. */
export function exchange(request: OutboundRequest, options: ExchangeOptions): Promise<OutboundResult> {
  return new Promise((resolve) => {
    const running = new Exchange(options, resolve)
    const { pathname, search } = options.url
    const { method, headers, body = null } = request
    options.dispatcher.dispatch({ path: pathname + search, method, headers, body }, running)
  })
}

/** A receiver may announce progress by 1xx answers, and every one of them would put off a timeout between bytes. */
const INTERIM_ANSWERS = 100

/**
 * Ends at the first of: the whole answer, an error, the deadline, the signal. The timer is ours because undici's
 * start anew at every byte, and AbortSignals given to undici wait until the connection is open.
 */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly options: ExchangeOptions
  private readonly resolve: (result: OutboundResult) => void
  private readonly body: BodyRecord
  private readonly timer: NodeJS.Timeout
  private readonly stopListening: (() => void) | undefined
  private controller: Dispatcher.DispatchController | undefined
  private statusCode = 0
  private headers: readonly (readonly [string, string])[] = []
  private interimAnswers = 0
  private settled = false

  constructor(options: ExchangeOptions, resolve: (result: OutboundResult) => void) {
    this.options = options
    this.resolve = resolve
    this.body = new BodyRecord(options.keptBytes)
    const { timeoutMs, signal } = options
    this.timer = setTimeout(() => this.cut(timeoutFailure(timeoutMs)), timeoutMs)
    this.stopListening = signal && onAbort(signal, () => this.cut(abortedFailure()))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It was cut while it waited for a connection. Throwing drops it alone; abort() would close the connection.
    if (this.settled) throw abortedFailure()
    this.controller = controller
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: ReceivedHeaders): void {
    if (statusCode >= 200) {
      this.statusCode = statusCode
      this.headers = pairsOf(headers)
      return
    }
    this.interimAnswers += 1
    if (this.interimAnswers > INTERIM_ANSWERS) {
      this.cut(new SendFailure('CONNECTION', `More than ${INTERIM_ANSWERS} interim answers came before the answer`))
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.settled || this.body.add(chunk)) return
    this.settleWithResponse()
    this.controller?.abort(abortedFailure())
  }

  onResponseEnd(): void {
    this.settleWithResponse()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (!this.settled) this.settleWithFailure(failureOf(error))
  }

  private cut(failure: SendFailure): void {
    this.settleWithFailure(failure)
    this.controller?.abort(failure)
  }

  private settleWithResponse(): void {
    if (this.settled) return
    const { statusCode, headers, body } = this
    const { sizeBytes, truncated } = body
    this.settle({ kind: 'response', statusCode, headers, body: body.text(), sizeBytes, truncated, ...this.duration() })
  }

  private settleWithFailure({ failure, message }: SendFailure): void {
    if (!this.settled) this.settle({ kind: 'failure', failure, message, ...this.duration() })
  }

  private duration(): { durationMs: number } {
    return { durationMs: Math.round(performance.now() - this.options.startedAtMs) }
  }

  private settle(result: OutboundResult): void {
    this.settled = true
    clearTimeout(this.timer)
    this.stopListening?.()
    this.options.onSettled()
    this.resolve(result)
  }
}

type ReceivedHeaders = Record<string, string | string[] | undefined>

function pairsOf(headers: ReceivedHeaders): [string, string][] {
  const pairs: [string, string][] = []
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'string') pairs.push([name, value])
    else for (const one of value ?? []) pairs.push([name, one])
  }
  return pairs
}
