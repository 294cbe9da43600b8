import type { Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type ExecutionArgs, GraphQLError, type GraphQLSchema } from 'graphql'
import type { Context, SubscribePayload } from 'graphql-ws'
import { type Extra, useServer } from 'graphql-ws/use/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { createSubscriptionContext } from '../api/context.ts'
import { COST_HEADER, limits, readOperation } from '../api/limits.ts'
import { apiError, maskError } from '../api/mask-error.ts'
import { type Claims, type Principal, SessionEnded } from '../api/principal.ts'
import { createOriginCheck, type OriginOptions } from './cors.ts'
import { createPace } from './pace.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import type { Service } from './service.ts'
import { openSocketBudget, type SocketBudget } from './socket-budget.ts'
import { subscribeAhead } from './subscribe-ahead.ts'
import { createUnacknowledged, STRANGER_MESSAGE_BYTES } from './unacknowledged.ts'

export interface SocketOptions extends OriginOptions {
  readonly schema: GraphQLSchema
  /** Throws UNAVAILABLE until the database is there. */
  readonly service: () => Service
  /** Sockets at once that have not shown a key yet; more are refused with 503. */
  readonly limits: { readonly maxUnacknowledged: number }
  readonly onError: (error: unknown) => void
}

export interface Sockets extends AsyncDisposable {
  /** Looks at the keys of all open sockets again: one was revoked. */
  recheck(): void
}

/** Close codes that clients know: 4400 and 4401 are final, 4403 asks for a fresh session, 1013 for another try. */
const BAD_REQUEST = 4_400
const UNAUTHORIZED = 4_401
const SESSION_EXPIRED = 4_403
const TRY_AGAIN_LATER = 1_013

const FOREIGN_ORIGIN = 'Pages of this origin may not connect; POSTRIDER_CORS_ORIGINS says whose may'
const TOO_MANY = 'Too many sockets wait to show their key; try again'
const REFUSAL_HEADERS = { ...SECURITY_HEADERS, 'content-type': 'text/plain; charset=utf-8' }

const CLOSE_GRACE_MS = 2_000
/** How long a closed socket waits for the client's close frame. */
const CLOSE_TIMEOUT_MS = 3_000

/** Of the event loop: one takes half a millisecond, and a thousand may come at once. */
const HANDSHAKES_PER_TURN = 10

/** Timers may be a little early. */
const SESSION_SLACK_MS = 100

const RECHECK_EVERY_MS = 60_000
/** Of an acknowledged socket. */
const MAX_MESSAGE_BYTES = 1_024 * 1_024
const MAX_OPERATION_BYTES = 256 * 1_024
/** At once, on one socket. */
const MAX_SUBSCRIPTIONS = 100

type Params = Claims & Record<string, unknown>
/** costs: of each operation under way, when the client wants to know. */
type SocketExtra = Extra & {
  principal?: Principal
  costs?: Map<string, number>
  budget?: SocketBudget
} & Record<PropertyKey, unknown>
type SocketContext = Context<Params, SocketExtra>

/** Subscriptions, and nothing else, by the graphql-transport-ws protocol. The key travels in connection_init. */
export function acceptSockets(server: HttpServer, options: SocketOptions): Sockets {
  const { schema, service, onError } = options
  const mayConnect = createOriginCheck(options)
  const unacknowledged = createUnacknowledged({
    maxSockets: options.limits.maxUnacknowledged,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  })
  const inTurn = createPace(HANDSHAKES_PER_TURN)
  const wss = new WebSocketServer({
    server,
    path: '/graphql',
    maxPayload: STRANGER_MESSAGE_BYTES,
    // One message of a socket in one turn of the event loop: thousands may arrive at once.
    allowSynchronousEvents: false,
    // Its types do not know it yet.
    ...({ closeTimeout: CLOSE_TIMEOUT_MS } as object),
    verifyClient: ({ req }, answer) => {
      if (!mayConnect(req.headers)) return answer(false, 403, FOREIGN_ORIGIN, REFUSAL_HEADERS)
      inTurn(() => {
        if (unacknowledged.isFull) answer(false, 503, TOO_MANY, { ...REFUSAL_HEADERS, 'retry-after': '1' })
        else answer(true)
      })
    },
  })
  wss.on('connection', (socket, request) => {
    unacknowledged.add(socket, request.socket)
    writeTogether(socket, request.socket)
  })
  const open = new Set<SocketContext>()

  async function admit(context: SocketContext): Promise<boolean> {
    try {
      context.extra.principal = await service().authenticate(context.connectionParams ?? {})
      return true
    } catch (error) {
      const { extensions, message } = maskError(error, onError)
      context.extra.socket.close(
        error instanceof SessionEnded ? SESSION_EXPIRED : closeCodeOf(extensions?.code),
        message,
      )
      return false
    }
  }

  /** What graphql-ws executes, within the limits of HTTP; it would look at none of them. */
  async function prepare(
    context: SocketContext,
    id: string,
    payload: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { principal, costs, budget } = context.extra
    const { parts, rateLimit } = service()
    rateLimit(principal!)
    budget!.begin(payload)
    // This one is among them already.
    if (Object.keys(context.subscriptions).length > MAX_SUBSCRIPTIONS) {
      throw apiError('RATE_LIMITED', `At most ${MAX_SUBSCRIPTIONS} subscriptions on a socket; open another`)
    }
    const sizeBytes = Buffer.byteLength(payload.query) + sizeOf(payload.variables ?? {})
    if (sizeBytes > MAX_OPERATION_BYTES) {
      throw apiError('BAD_USER_INPUT', `A subscription is at most ${MAX_OPERATION_BYTES} bytes, not ${sizeBytes}`)
    }
    await budget!.turn()
    parts.budgets.takeText(principal!, payload.query.length)
    const read = readOperation(schema, payload)
    if ('errors' in read) return read.errors
    const { document, operation, cost } = read
    if (operation.operation !== 'subscription') {
      throw apiError('BAD_USER_INPUT', `Send a ${operation.operation} over HTTP; the socket takes subscriptions`)
    }
    parts.budgets.takeCost(principal!, cost)
    costs?.set(id, cost)
    return {
      schema,
      document,
      operationName: payload.operationName,
      variableValues: payload.variables,
      contextValue: createSubscriptionContext(parts, principal!, cost),
    }
  }

  async function prepareOrRefuse(context: SocketContext, id: string, payload: SubscribePayload) {
    try {
      return await prepare(context, id, payload)
    } catch (error) {
      context.extra.budget?.refused()
      return [error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })]
    }
  }

  /** False when its caller has too many sockets: it is closed then. */
  async function takePlace({ extra }: SocketContext): Promise<boolean> {
    try {
      extra.budget = await openSocketBudget(service().parts.budgets, extra.principal!, extra.socket)
      return true
    } catch (error) {
      extra.socket.close(TRY_AGAIN_LATER, maskError(error, onError).message)
      return false
    }
  }

  function closeWithSession(context: SocketContext): void {
    const { principal, socket } = context.extra
    if (principal?.kind !== 'ORGANIZATION' || !principal.expiresAt) return
    const timer = setTimeout(() => void admit(context), principal.expiresAt.getTime() - Date.now() + SESSION_SLACK_MS)
    socket.once('close', () => clearTimeout(timer))
  }

  const recheck = () => {
    for (const context of open) void admit(context)
  }
  const timer = setInterval(recheck, RECHECK_EVERY_MS)
  const graphqlWs = useServer<Params, SocketExtra>(
    {
      schema,
      subscribe: subscribeAhead,
      async onConnect(context) {
        if (!(await admit(context))) return false
        // It may have left meanwhile, and onClose has been then.
        if (context.extra.socket.readyState !== WebSocket.OPEN) return false
        if (!(await takePlace(context))) return false
        unacknowledged.acknowledge(context.extra.socket)
        open.add(context)
        if (context.connectionParams?.[COST_HEADER] != null) context.extra.costs = new Map()
        closeWithSession(context)
        return true
      },
      onClose: (context) => void open.delete(context),
      async onSubscribe(context, id, payload) {
        const prepared = await prepareOrRefuse(context, id, payload)
        if (Array.isArray(prepared)) context.extra.budget?.end(payload)
        return prepared
      },
      onNext({ extra }, id, __, ____, result) {
        const cost = extra.costs?.get(id)
        if (!result.errors && cost === undefined) return undefined
        return {
          ...result,
          ...(result.errors && { errors: result.errors.map((error) => maskError(error, onError)) }),
          ...(cost !== undefined && { extensions: { cost: { requested: cost, limit: limits.cost } } }),
        }
      },
      onComplete({ extra }, id, payload) {
        extra.budget?.end(payload)
        extra.costs?.delete(id)
      },
      onError: (_, __, ___, errors) => errors.map((error) => maskError(error, onError)),
    },
    wss,
  )
  // ws has closed the socket for what it sent. graphql-ws would print that, past the log.
  wss.on('connection', (socket) => socket.removeAllListeners('error').on('error', () => undefined))
  return {
    recheck,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      // A client that leaves our close frame unanswered keeps nobody waiting.
      await Promise.race([graphqlWs.dispose(), pause(CLOSE_GRACE_MS)])
      for (const client of wss.clients) client.terminate()
      wss.close()
    },
  }
}

/** Values nest as deep as the message had room for: deeper than JSON.stringify can follow. */
function sizeOf(variables: object): number {
  try {
    return Buffer.byteLength(JSON.stringify(variables))
  } catch {
    throw apiError('BAD_USER_INPUT', 'variables: nest too deep')
  }
}

/** What one turn of the event loop sends goes out by one write: subscriptions of a socket hear of the same attempts. */
function writeTogether(socket: WebSocket, wire: Duplex): void {
  const send = socket.send.bind(socket) as (data: unknown, sent: () => void) => void
  let isCorked = false
  // A client that is gone is told by its close: graphql-ws would print what a write fails with, past the log.
  socket.send = (data: unknown, sent?: unknown) => {
    if (!isCorked) {
      isCorked = true
      wire.cork()
      setImmediate(() => {
        isCorked = false
        wire.uncork()
      })
    }
    send(data, () => (sent as (() => void) | undefined)?.())
  }
}

function closeCodeOf(code: unknown): number {
  if (code === 'UNAUTHENTICATED') return UNAUTHORIZED
  return code === 'UNAVAILABLE' || code === 'INTERNAL' ? TRY_AGAIN_LATER : BAD_REQUEST
}
