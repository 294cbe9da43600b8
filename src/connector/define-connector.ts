import type { z } from 'zod'
import type { Outcome } from '../domain/outcome.ts'

/** Version of this contract. A connector says which one it was written against. */
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
  /** The published data, parsed. */
  readonly data: unknown
}

export interface RequestContext<Config, Credentials> {
  readonly event: ConnectorEvent
  /** The event in the application's own wire format, compact JSON. Return it as `body` to send it as it is. */
  readonly body: string
  readonly config: Config
  readonly credentials: Credentials
  readonly delivery: {
    readonly id: string
    /** The first is 1. */
    readonly attempt: number
    /** True for a person's test send. */
    readonly isTest: boolean
  }
}

/** One HTTP request, before the host adds the profile's headers and signature. */
export interface ConnectorRequest {
  /** Default POST. */
  readonly method?: string
  /** Absolute, http or https. It passes the outbound guard when it is sent. */
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

/** What a connector makes of an answer. `retry` goes by the schedule, not before `afterMs`. */
export type Classification =
  | { readonly kind: 'success' }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'fail'; readonly reason: string }
  | { readonly kind: 'disable'; readonly reason: string; readonly because: NonNullable<Outcome['disable']> }

/** What a connector reaches the outside by, when it is asked for more than a request. */
export interface Host {
  /**
   * `fetch` through the outbound guard: internal addresses are refused, redirects are answers like any other, answers
   * hold at most 1 MiB of text. It rejects with a TypeError whose message may be shown.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
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

/** A kind of destination. The host owns sockets, signing, retries, redaction and records; a connector describes. */
export interface ConnectorDefinition<Config = unknown, Credentials = unknown> {
  readonly apiVersion: typeof CONNECTOR_API_VERSION
  /** Name in the API and in tables, never changed: lower case, dashes. */
  readonly key: string
  /** Semantic version of the connector. */
  readonly version: string
  readonly displayName: string
  readonly description: string
  readonly category: ConnectorCategory
  /** Settings that are no secret. Truth on the server, the TypeScript type, and the JSON Schema of the form. */
  readonly config: z.ZodType<Config>
  /** Write-only secrets: encrypted at rest, blanked out of every record. Omit when there are none. */
  readonly credentials?: z.ZodType<Credentials>
  /** What a person would call the target: a host, a channel. Never a secret. */
  target(context: { config: Config }): { label: string }
  /** Pure and synchronous: the same input gives the same request, so previews and replays are exact. */
  buildRequest(context: RequestContext<Config, Credentials>): ConnectorRequest
  /** Meaning of an answer where HTTP's own is not enough; undefined leaves it to the status code. */
  classify?(response: ConnectorResponse): Classification | undefined
  /**
   * Choices for fields of `config` that depend on the remote account, such as channels: at most 1,000 are shown. Has 10
   * seconds; what it throws is shown to the person, without credentials.
   */
  readonly options?: Readonly<
    Record<string, (host: Host, context: OptionsContext<Config, Credentials>) => Promise<readonly FieldOption[]>>
  >
}

/** Checks nothing at run time: it is here for the types, so that `config` in `buildRequest` is what the schema says. */
export function defineConnector<Config, Credentials = Record<string, never>>(
  definition: ConnectorDefinition<Config, Credentials>,
): ConnectorDefinition<Config, Credentials> {
  return definition
}
