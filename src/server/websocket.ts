import type { Server as HttpServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type GraphQLError, type GraphQLSchema, getOperationAST, parse } from 'graphql'
import type { Context } from 'graphql-ws'
import { type Extra, useServer } from 'graphql-ws/use/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { createContext } from '../api/context.ts'
import { apiError, maskError } from '../api/mask-error.ts'
import { type Claims, type Principal, SessionEnded } from '../api/principal.ts'
import type { Service } from './service.ts'

export interface SocketOptions {
  readonly schema: GraphQLSchema
  /** Throws UNAVAILABLE until the database is there. */
  readonly service: () => Service
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

const CLOSE_GRACE_MS = 2_000

/** Timers may be a little early. */
const SESSION_SLACK_MS = 100

const RECHECK_EVERY_MS = 60_000
const MAX_MESSAGE_BYTES = 1_024 * 1_024

type Params = Claims & Record<string, unknown>
type SocketExtra = Extra & { principal?: Principal } & Record<PropertyKey, unknown>
type SocketContext = Context<Params, SocketExtra>

/** Subscriptions, and nothing else, by the graphql-transport-ws protocol. The key travels in connection_init. */
export function acceptSockets(server: HttpServer, options: SocketOptions): Sockets {
  const { schema, service, onError } = options
  const wss = new WebSocketServer({ server, path: '/graphql', maxPayload: MAX_MESSAGE_BYTES })
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

  function closeWithSession(context: SocketContext): void {
    const { principal, socket } = context.extra
    if (principal?.kind !== 'ORGANIZATION') return
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
      context: ({ extra }) => createContext(service().parts, extra.principal!, { remember: false }),
      async onConnect(context) {
        if (!(await admit(context))) return false
        // It may have left meanwhile, and onClose has been then.
        if (context.extra.socket.readyState !== WebSocket.OPEN) return false
        open.add(context)
        closeWithSession(context)
        return true
      },
      onClose: (context) => void open.delete(context),
      onSubscribe: (_, __, payload) => refuseOthers(payload.query, payload.operationName),
      onNext: (_, __, ___, ____, result) =>
        result.errors ? { ...result, errors: result.errors.map((error) => maskError(error, onError)) } : undefined,
      onError: (_, __, ___, errors) => errors.map((error) => maskError(error, onError)),
    },
    wss,
  )
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

function closeCodeOf(code: unknown): number {
  if (code === 'UNAUTHENTICATED') return UNAUTHORIZED
  return code === 'UNAVAILABLE' || code === 'INTERNAL' ? TRY_AGAIN_LATER : BAD_REQUEST
}

/** Queries and mutations belong to HTTP. A text that does not parse is graphql-ws's to refuse. */
function refuseOthers(query: string, operationName: string | null | undefined): readonly GraphQLError[] | undefined {
  let operation: ReturnType<typeof getOperationAST>
  try {
    operation = getOperationAST(parse(query), operationName)
  } catch (error) {
    return [error as GraphQLError]
  }
  if (operation && operation.operation !== 'subscription') {
    return [apiError('BAD_USER_INPUT', `Send a ${operation.operation} over HTTP; the socket takes subscriptions`)]
  }
  return undefined
}
