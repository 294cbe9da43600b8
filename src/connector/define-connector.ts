import type { Socket } from 'node:net'
import type { z } from 'zod'

/** Version of this contract. A connector says which one it was written against; a new one means a breaking change. */
export const CONNECTOR_API_VERSION = 1

export const connectorCategories = ['webhook', 'chat', 'automation', 'queue', 'storage', 'email', 'other'] as const
export type ConnectorCategory = (typeof connectorCategories)[number]

/** What is known of the event when a request is built. */
export interface ConnectorEvent {
  /** `evt_…`: stable over attempts and replays, so receivers can tell duplicates by it. */
  readonly id: string
  readonly type: string
  readonly createdAt: Date
  /** The organization's external id when it has one, its id otherwise. */
  readonly organizationId: string
  /** The published data, parsed; what the destination's transform made of it when it has one. */
  readonly data: unknown
}

export interface RequestContext<Config, Credentials> {
  readonly event: ConnectorEvent
  /** The event in the application's own wire format, compact JSON. Return it as `body` to send it as it is. */
  readonly body: string
  /** As the schema parsed it. Frozen. */
  readonly config: Config
  /** As the schema parsed them. Frozen. */
  readonly credentials: Credentials
  readonly delivery: {
    /** `dlv_…`: one event to one destination, the same over attempts. */
    readonly id: string
    /** The first is 1. */
    readonly attempt: number
    /** True for a person's test send. */
    readonly isTest: boolean
  }
}

/** What is to be sent, before the host adds the profile's headers and signature and the customer's own headers. */
export interface ConnectorRequest {
  /** Default POST. */
  readonly method?: string
  /** Absolute. Without `deliver` it is http or https, and passes the outbound guard when it is sent. */
  readonly url: string
  /** Default: content-type application/json. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Whether the application's signature and profile headers are added. Default false. */
  readonly sign?: boolean
}

export interface ConnectorResponse {
  readonly statusCode: number
  /** Names in lower case; of a repeated header the last. */
  readonly headers: Readonly<Record<string, string>>
  /** At most the first 4,096 bytes. */
  readonly body: string
}

/**
 * What came of an attempt.
 * - `success`: it arrived.
 * - `retry`: on the schedule, not before `afterMs`; `because` it came too fast, or the connection ended, where that is so.
 * - `fail`: this event will never be taken; the next one may be.
 * - `disable`: nothing will be taken until a person has changed something: the destination is switched off, its owner told.
 *   With `remove`, for receivers that end their own subscription, the destination is deleted instead.
 */
export type Classification =
  | { readonly kind: 'success' }
  | {
      readonly kind: 'retry'
      readonly reason: string
      readonly afterMs?: number
      readonly because?: 'RATE_LIMITED' | 'CONNECTION'
    }
  | { readonly kind: 'fail'; readonly reason: string }
  | {
      readonly kind: 'disable'
      readonly reason: string
      readonly because: 'GONE' | 'CREDENTIALS_REJECTED'
      readonly remove?: boolean
    }

/** What `deliver` answers: what came of it, and what the other side said, for the record. */
export type DeliverResult = Classification & {
  /** Default: the last answer that came through `host.fetch`. */
  readonly response?: { readonly statusCode: number; readonly headers?: Record<string, string>; readonly body?: string }
}

/** How a connector reaches the outside. Every method passes the outbound guard and, when one is set, the proxy. */
export interface Host {
  /**
   * `fetch` through the outbound guard: internal addresses are refused, redirects are answers like any other, answers
   * hold at most 1 MiB of text. One call of the connector may send 100 requests and hear 20 MB. It rejects with a TypeError whose message may be shown.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /**
   * An open socket for what speaks no HTTP, with TLS when asked, its certificate checked against `hostname`. It rejects
   * with an Error whose message may be shown. A server that sends over 256 KiB between two writes, and as much more than was
   * written to it, has its socket destroyed.
   */
  readonly connect: (target: { hostname: string; port: number; tls?: boolean }) => Promise<Socket>
  /** Fires when the time is up, or the process ends: what is under way then counts for nothing. */
  readonly signal: AbortSignal
}

/** The host of one destination. */
export interface DestinationHost extends Host {
  /**
   * A text that is made once for the destination and `key`, whichever process asks first; the others wait for it. Kept for
   * `ttlSeconds`, by default for as long as the destination lives. What `make` throws is thrown to its caller, and the next
   * one makes it anew. Keys and values hold at most 1,000 characters.
   */
  readonly remember: (key: string, make: () => Promise<string>, options?: { ttlSeconds?: number }) => Promise<string>
  /**
   * A connection that the deliveries of the destination share in this process: opened by the first, closed when nobody has
   * used it for a minute, and at the end. Deliveries after a change of the settings open one of their own. Call `lost` when
   * it is broken: the next delivery opens another.
   */
  readonly share: <T>(open: (lost: () => void) => Promise<Shared<T>>) => Promise<T>
}

export interface Shared<T> {
  readonly value: T
  readonly close: () => void | Promise<void>
}

/** Settings as they are stored, checked by the schemas. */
export interface Settings<Config, Credentials> {
  readonly config: Config
  readonly credentials: Credentials
}

/** What the person has filled in so far: any of it may be missing, and none of it was checked. */
export interface OptionsContext<Config, Credentials> {
  readonly config: Partial<Config>
  readonly credentials: Partial<Credentials>
  /** What was typed to narrow the choices; empty for all. */
  readonly search: string
}

/** A choice: what a person sees, and what is stored. */
export interface FieldOption {
  readonly label: string
  readonly value: string
}

/** What `refine` or `check` has against the settings. */
export interface CheckIssue {
  /** A sentence for the person who filled the form in. */
  readonly message: string
  /** The field at fault, such as ['config', 'channel']. Default: the settings as a whole. */
  readonly path?: readonly ['config' | 'credentials', ...string[]]
}

/** Settings that show what a connector takes and does: documentation, and what the conformance kit tries it with. */
export interface Samples<Config, Credentials> {
  readonly config: Config
  /** Required when the connector has credentials. Made up: requests that are shown are built from them, not from stored ones. */
  readonly credentials?: Credentials
  /** Settings that must be refused, each with the field at fault, such as ['config', 'url']. */
  readonly rejects: readonly {
    readonly config?: unknown
    readonly credentials?: unknown
    readonly path: readonly string[]
  }[]
  /** Answers of the real service, and what they mean. The first success is what the kit's receiver answers with. */
  readonly responses?: readonly {
    readonly name: string
    readonly response: {
      readonly statusCode: number
      readonly headers?: Record<string, string>
      readonly body?: string
    }
    readonly kind: Classification['kind']
  }[]
}

/** A kind of destination. The host owns sockets, signing, retries, redaction and records; a connector describes. */
export interface ConnectorDefinition<Config = unknown, Credentials = unknown> {
  /** The contract that it was written against: CONNECTOR_API_VERSION, as a number of its own. */
  readonly apiVersion: typeof CONNECTOR_API_VERSION
  /** Name in the API and in tables, never changed: lower case, dashes. */
  readonly key: string
  /** Semantic version of the connector. A new major means that older settings need `migrate`. */
  readonly version: string
  /** What people call it, in a list. */
  readonly displayName: string
  /** One sentence: what becomes of an event. */
  readonly description: string
  /** The shelf that it stands on. */
  readonly category: ConnectorCategory
  /** Settings that are no secret. Truth on the server, the TypeScript type, and the JSON Schema of the form. */
  readonly config: z.ZodType<Config>
  /** Write-only secrets: encrypted at rest, blanked out of every record. Omit when there are none. */
  readonly credentials?: z.ZodType<Credentials>
  /** Most requests a second that the service takes from one destination; a destination may set less. Default: no limit. */
  readonly rateLimit?: number
  /** What the schemas cannot say because it takes config and credentials together. Pure; asked whenever settings are saved. */
  refine?(settings: Settings<Config, Credentials>): readonly CheckIssue[]
  /**
   * URLs and texts that say where credentials go, where the names and formats of `config` do not: `['eu.example.com']` of a
   * setting `workspace`. Pure. When one of them changes, stored credentials and secret headers are not used any more, and
   * have to be entered again. Fields of `config` with the format `uri` or `hostname`, and those called host, port, tls,
   * region and the like, count without being named. Of a URL its scheme, host and port count.
   */
  sendsCredentialsTo?(context: { config: Config }): readonly string[]
  /** What a person would call the target: a host, a channel. Never a secret. */
  target(context: { config: Config }): { label: string }
  /**
   * Pure and synchronous: the same input gives the same request, so previews and replays are exact. It runs between all
   * other deliveries: over 50 ms are warned about. What it throws fails the delivery for good, with the reason.
   */
  buildRequest(context: RequestContext<Config, Credentials>): ConnectorRequest
  /** Meaning of an answer where HTTP's own is not enough; undefined leaves it to the status code. */
  classify?(response: ConnectorResponse, context: { config: Config }): Classification | undefined
  /**
   * Sends the built request where one HTTP request is not enough: by a vendor's SDK, over another protocol. `request` is
   * what `buildRequest` made, with all headers; undefined leaves it to the host to send that by HTTP. Has the application's
   * time limit (15 s by default); what it throws is tried again. A connector that has it works with the outside in a thread of
   * its own.
   */
  deliver?(
    host: DestinationHost,
    context: RequestContext<Config, Credentials> & { readonly request: Required<Omit<ConnectorRequest, 'sign'>> },
  ): Promise<DeliverResult | undefined>
  /** "Test connection": asks the service about settings that the schemas let pass. Changes nothing. Has 10 seconds. */
  check?(host: Host, settings: Settings<Config, Credentials>): Promise<readonly CheckIssue[]>
  /**
   * Choices for fields of `config` that depend on the remote account, such as channels: at most 1,000 are shown. Has 10
   * seconds; what it throws is shown to the person, without credentials.
   */
  readonly options?: Readonly<
    Record<string, (host: Host, context: OptionsContext<Config, Credentials>) => Promise<readonly FieldOption[]>>
  >
  /**
   * Sets something up at the service after a destination was made or its settings changed. A job: it may run more than once,
   * is tried again for a day with growing waits, and has 30 seconds. Deliveries do not wait for it.
   */
  onCreate?(host: DestinationHost, settings: Settings<Config, Credentials>): Promise<void>
  /** Takes down what `onCreate` set up, after the destination was deleted. A job like it. */
  onDelete?(host: DestinationHost, settings: Settings<Config, Credentials>): Promise<void>
  /** How the config of an older major becomes that of the next: `{ 1: (old) => … }` leads from 1 to 2. Pure. */
  readonly migrate?: Readonly<Record<number, (old: Readonly<Record<string, unknown>>) => Record<string, unknown>>>
  /** Required by the conformance kit. */
  readonly samples?: Samples<Config, Credentials>
}

/** Checks nothing at run time: it is here for the types, so that `config` in `buildRequest` is what the schema says. */
export function defineConnector<Config, Credentials = Record<string, never>>(
  definition: ConnectorDefinition<Config, Credentials>,
): ConnectorDefinition<Config, Credentials> {
  return definition
}
