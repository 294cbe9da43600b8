/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** One more key for a backend. */
export type ApiKeyCreateInput = {
  /** What the key is for, 1 to 100 characters. */
  name: string;
  /** Binds the key to one organization: it may do what a portal session of it may, for as long as it is not revoked. For what customers connect themselves, such as Zapier and n8n. Default: a key of the application. */
  organizationId?: string | number | null | undefined;
};

/** The key to revoke. */
export type ApiKeyRevokeInput = {
  /** Of the key. */
  id: string | number;
};

/** A product that will publish events. */
export type ApplicationCreateInput = {
  /** What is left out is as the default profile has it. */
  deliveryProfile?: DeliveryProfileInput | null | undefined;
  /** 1 to 100 characters. */
  name: string;
};

/** Omitted = unchanged. */
export type ApplicationUpdateInput = {
  /** Only what is given changes; takes effect with the next attempt. */
  deliveryProfile?: DeliveryProfileInput | null | undefined;
  /** 1 to 100 characters; null leaves it as it is. */
  name?: string | null | undefined;
};

/** RETRYABLE_FAILURE: tried again while the schedule lasts. PERMANENT_FAILURE: given up. */
export type AttemptOutcome =
  | 'PERMANENT_FAILURE'
  | 'RETRYABLE_FAILURE'
  | 'SUCCESS';

/** What was done. SECRET_REVEALED: a signing secret was read in the clear. CREDENTIALS_USED: connectorCheck or connectorFieldOptions asked a service with stored credentials. DESTINATION_ENABLED: switched on again, and forgiven. */
export type AuditAction =
  | 'API_KEY_CREATED'
  | 'API_KEY_REVOKED'
  | 'APPLICATION_CREATED'
  | 'APPLICATION_UPDATED'
  | 'CREDENTIALS_USED'
  | 'DESTINATION_CREATED'
  | 'DESTINATION_DELETED'
  | 'DESTINATION_ENABLED'
  | 'DESTINATION_UPDATED'
  | 'EVENT_TYPE_CREATED'
  | 'EVENT_TYPE_UPDATED'
  | 'ORGANIZATION_DELETED'
  | 'PORTAL_SESSION_REVOKED'
  | 'SECRET_REVEALED'
  | 'SECRET_ROTATED';

/** Each condition that is given must hold. */
export type AuditLogFilter = {
  /** Any of these. Default: all. */
  actions?: Array<AuditAction> | null | undefined;
  /** Only what was done with this API key, or by portal sessions that it made. */
  actorKeyId?: string | number | null | undefined;
  /** Only what was done in this time. Default: all that is kept. */
  createdAt?: DateTimeRange | null | undefined;
  /** Only what was done to this object. */
  objectId?: string | number | null | undefined;
};

/** What sort of target it is. */
export type ConnectorCategory =
  | 'AUTOMATION'
  | 'CHAT'
  | 'EMAIL'
  | 'OTHER'
  | 'QUEUE'
  | 'STORAGE'
  | 'WEBHOOK';

/** Settings to try, of a destination that is there or still to be made. */
export type ConnectorCheckInput = {
  /** As the connector's configSchema has it. */
  config?: Record<string, unknown> | null | undefined;
  /** Key of the connector. */
  connector: string;
  /** Used for this call alone, and not stored. */
  credentials?: Record<string, unknown> | null | undefined;
  /** A destination of this connector whose settings and credentials are used where none are given here. Where the settings lead to another server than the stored ones, its credentials are not: they are REQUIRED. The audit log has each use of them. */
  destinationId?: string | number | null | undefined;
};

/** Which field’s choices, and what was filled in so far. */
export type ConnectorFieldOptionsInput = {
  /** As the connector's configSchema has it. */
  config?: Record<string, unknown> | null | undefined;
  /** Key of the connector. */
  connector: string;
  /** Used for this call alone, and not stored. */
  credentials?: Record<string, unknown> | null | undefined;
  /** A destination of this connector whose settings and credentials are used where none are given here. Where the settings lead to another server than the stored ones, its credentials are not: they are REQUIRED. The audit log has each use of them. */
  destinationId?: string | number | null | undefined;
  /** Name of the field in the connector’s configSchema. */
  field: string;
  /** What was typed to narrow the choices. Default: all. */
  search?: string | null | undefined;
};

/** FAILED: did not load, see statusReason. MISSING: destinations name it, but it is not installed. Deliveries wait in both. */
export type ConnectorStatus =
  | 'FAILED'
  | 'MISSING'
  | 'READY';

/** From `from` up to, not including, `to`; a side left out is open. */
export type DateTimeRange = {
  /** The first instant that is in it. Default: from the beginning. */
  from?: string | null | undefined;
  /** The first instant that is no longer in it. Default: without end. */
  to?: string | null | undefined;
};

/** Each condition that is given must hold. */
export type DeliveryAttemptFilter = {
  /** To any of these, at most 1,000. Default: all. */
  destinationIds?: Array<string | number> | null | undefined;
  /** Names, not prefixes. */
  eventTypes?: Array<string> | null | undefined;
  /** Only of this organization. Default: all that the caller may see. */
  organizationId?: string | number | null | undefined;
  /** With any of these. Default: all. */
  outcomes?: Array<AttemptOutcome> | null | undefined;
};

/** The delivery to take back. */
export type DeliveryCancelInput = {
  /** Of the delivery. */
  id: string | number;
};

/** Each condition that is given must hold. */
export type DeliveryFilter = {
  /** Only those made in this time. Default: all that are kept. */
  createdAt?: DateTimeRange | null | undefined;
  /** To any of these, at most 1,000. Default: all. */
  destinationIds?: Array<string | number> | null | undefined;
  /** Names, not prefixes. */
  eventTypes?: Array<string> | null | undefined;
  /** Only of this organization. Default: all that the caller may see. */
  organizationId?: string | number | null | undefined;
  /** In any of these. Default: all. */
  statuses?: Array<DeliveryStatus> | null | undefined;
  /** Made by any of these. Default: all. */
  triggers?: Array<DeliveryTrigger> | null | undefined;
};

/** Omitted = unchanged, or the default for a new application. Pending deliveries go by the new profile from their next attempt on; their number of attempts stays. */
export type DeliveryProfileInput = {
  /** 1 to 10,000, or null. Default 20. */
  disableAfterFailures?: number | null | undefined;
  /** 1 to 31,536,000 s, or null. Default 432,000: five days. */
  disableAfterSeconds?: number | null | undefined;
  /** 1 to 20 keys, in the order of the body. Default id, type, timestamp, data. */
  envelope?: Array<EnvelopeFieldInput> | null | undefined;
  /** 1 to 10,000; at most disableAfterFailures where that alone disables. Default 3. */
  failingAfterFailures?: number | null | undefined;
  /** At most 20. Default none. */
  headers?: Array<ProfileHeaderInput> | null | undefined;
  /** Default true. */
  httpsOnly?: boolean | null | undefined;
  /** At most 50 delays of at most 30 days each, seconds. Default 5 s to 24 h, nine retries. */
  retryDelays?: Array<number> | null | undefined;
  /** 0 to 1. Default 0.2. */
  retryJitter?: number | null | undefined;
  /** At most 5; none means that nothing is signed. Default STANDARD_WEBHOOKS. */
  signatures?: Array<SignatureRuleInput> | null | undefined;
  /** 1,000 to 60,000 ms. Default 15,000. */
  timeoutMs?: number | null | undefined;
};

/** The delivery to send again. */
export type DeliveryRetryInput = {
  /** Of the delivery. */
  id: string | number;
};

/** INACTIVE: switched off. DISABLED: by the system. */
export type DeliverySkipReason =
  | 'DISABLED'
  | 'FILTERED'
  | 'INACTIVE';

/** PENDING: waiting for its next attempt (the first or a retry). FAILED: given up. SKIPPED: the type matched, but see skipReason. */
export type DeliveryStatus =
  | 'CANCELLED'
  | 'FAILED'
  | 'PENDING'
  | 'SKIPPED'
  | 'SUCCEEDED';

/** What made the delivery. */
export type DeliveryTrigger =
  /** The event was published, or eventReplay accepted it after it was REJECTED. */
  | 'EVENT'
  /** destinationRecover. */
  | 'RECOVERY'
  /** eventReplay. */
  | 'REPLAY'
  /** deliveryRetry, by hand. */
  | 'RETRY'
  /** destinationTest: tried once, and counted nowhere. */
  | 'TEST';

/** One more place that events of an organization go. */
export type DestinationCreateInput = {
  /** Whether it gets events from the start. */
  active?: boolean | null | undefined;
  /** As the connector's configSchema has it; for webhook: { "url": "https://…" }. */
  config: Record<string, unknown>;
  /** Key of the connector. */
  connector?: string;
  /** As the connector's credentialSchema has it. */
  credentials?: Record<string, unknown> | null | undefined;
  /** At most 2,000 characters. */
  description?: string | null | undefined;
  /** Omitted or empty: all types. At most 200. */
  eventTypes?: Array<string> | null | undefined;
  /** CEL (https://cel.dev), at most 2,048 characters: event.data.total > 100.0. It sees event (id, type, createdAt, data) and organization (id, externalId, name); lists may be walked two deep, for 50 ms. What makes no sense is refused with its place; a field that an event does not have fails the attempt. */
  filter?: string | null | undefined;
  /** Such as the receiver's own token. */
  headers?: Array<HttpHeaderInput> | null | undefined;
  /** Letters, digits, dots, dashes, underscores; at most 100. */
  key?: string | null | undefined;
  /** 1 to 200 characters. */
  label: string;
  /** FIFO: one at a time, in the order of publishing; a retry holds back what comes after it. */
  ordering?: DestinationOrdering | null | undefined;
  /** Whose it will be. */
  organizationId: string | number;
  /** Requests a second, 1 to 10,000, whatever the number of workers; omitted means unlimited. */
  rateLimit?: number | null | undefined;
  /** Generated when omitted; null means that this destination's requests are not signed. 16 to 512 characters. */
  signingSecret?: string | null | undefined;
  /** CEL, as filter, that yields an object: {"id": event.data.id}. It is sent as the data of the envelope, and given to the connector. */
  transform?: string | null | undefined;
};

/** The destination to delete. */
export type DestinationDeleteInput = {
  /** Of the destination. */
  id: string | number;
};

/** The destination to switch off. */
export type DestinationDisableInput = {
  /** Of the destination. */
  id: string | number;
};

/** The destination to switch on. */
export type DestinationEnableInput = {
  /** Of the destination. */
  id: string | number;
};

/** Each condition that is given must hold. */
export type DestinationFilter = {
  /** Only those that are switched on, or off. Default: both. */
  active?: boolean | null | undefined;
  /** Connector keys. */
  connectors?: Array<string> | null | undefined;
  /** Those that get this type, by name, by prefix, or because they get all. */
  eventType?: string | null | undefined;
  /** In any of these states. Default: all. */
  health?: Array<DestinationHealth> | null | undefined;
  /** Part of label, key or target; case does not matter. */
  search?: string | null | undefined;
};

/** FAILING: as many failed attempts in a row as the delivery profile says. DISABLED: given up by the system. */
export type DestinationHealth =
  | 'DISABLED'
  | 'FAILING'
  | 'HEALTHY';

/** ANY: as fast as the destination takes them. FIFO: one at a time, in the order of publishing; a retry holds back what comes after it. */
export type DestinationOrdering =
  | 'ANY'
  | 'FIFO';

/** With destinationId: that destination, with what is given here instead of what it has. Without: one that is still to be made, without secrets. */
export type DestinationPreviewInput = {
  /** Required without destinationId. */
  config?: Record<string, unknown> | null | undefined;
  /** Key of the connector. Default the destination's, or webhook. */
  connector?: string | null | undefined;
  /** Used for this preview alone. Default: what the destination has; without one, made-up ones. */
  credentials?: Record<string, unknown> | null | undefined;
  /** Omitted: the type's sample. */
  data?: unknown;
  /** null: one that is still to be made. */
  destinationId?: string | number | null | undefined;
  /** Name of a type in the catalogue. */
  eventType: string;
  /** null: without a filter. */
  filter?: string | null | undefined;
  /** null: without a transform. */
  transform?: string | null | undefined;
};

/** What to send again. */
export type DestinationRecoverInput = {
  /** Only counts. */
  dryRun?: boolean | null | undefined;
  /** Of the destination. */
  id: string | number;
  /** When the deliveries were made. Open where a bound is missing; to: now. */
  range: DateTimeRange;
  /** FAILED, CANCELLED, SKIPPED. */
  statuses?: Array<DeliveryStatus> | null | undefined;
};

/** Whose secret to read. */
export type DestinationSecretRevealInput = {
  /** Of the destination. */
  id: string | number;
};

/** Whose secret to replace, and how. */
export type DestinationSecretRotateInput = {
  /** Of the destination. */
  id: string | number;
  /** How long the old secret goes on signing, 0 to 2,592,000 s. */
  overlapSeconds?: number | null | undefined;
  /** Generated when omitted. 16 to 512 characters. */
  secret?: string | null | undefined;
};

/** What to send to which destination. */
export type DestinationTestInput = {
  /** Omitted: the type's sample. */
  data?: unknown;
  /** Name of a type in the catalogue. */
  eventType: string;
  /** Of the destination. */
  id: string | number;
};

/** Omitted = unchanged, null = cleared. credentials is merged key by key. Where config or credentials lead to another server (scheme, host, port, encryption), credentials and values of secret headers that are stored are REQUIRED again. */
export type DestinationUpdateInput = {
  /** A person’s switch; null leaves it as it is. */
  active?: boolean | null | undefined;
  /** Replaces all of it, and must fit the connector’s configSchema. */
  config?: Record<string, unknown> | null | undefined;
  /** Merged key by key: a key with null is forgotten. */
  credentials?: Record<string, unknown> | null | undefined;
  /** At most 2,000 characters. */
  description?: string | null | undefined;
  /** Replaces all of them; empty or null means all types. */
  eventTypes?: Array<string> | null | undefined;
  /** Refused with CONFLICT when the destination has changed since that version. */
  expectedVersion?: number | null | undefined;
  /** CEL (https://cel.dev), at most 2,048 characters: event.data.total > 100.0. It sees event (id, type, createdAt, data) and organization (id, externalId, name); lists may be walked two deep, for 50 ms. What makes no sense is refused with its place; a field that an event does not have fails the attempt. */
  filter?: string | null | undefined;
  /** All of them; those left out are removed. */
  headers?: Array<HttpHeaderInput> | null | undefined;
  /** Of the destination. */
  id: string | number;
  /** 1 to 200 characters. */
  label?: string | null | undefined;
  /** Takes effect with what is published from then on; null leaves it as it is. */
  ordering?: DestinationOrdering | null | undefined;
  /** Requests a second, 1 to 10,000; null means unlimited. */
  rateLimit?: number | null | undefined;
  /** CEL, as filter, that yields an object: {"id": event.data.id}. It is sent as the data of the envelope, and given to the connector. */
  transform?: string | null | undefined;
};

/** Which destination, and whether to try only. */
export type DestinationUpgradeInput = {
  /** Whether nothing is stored. Default false. */
  dryRun?: boolean | null | undefined;
  /** A dst_ id. */
  id: string | number;
};

/** Why a destination gets nothing any more. */
export type DisabledReason =
  /** Reserved. Deliveries of a destination whose connector is not installed wait; the destination stays enabled. */
  | 'CONNECTOR_MISSING'
  /** The number of failed attempts in a row, and the time without a success, that the delivery profile allows. */
  | 'CONSECUTIVE_FAILURES'
  /** The receiver does not take its credentials. */
  | 'CREDENTIALS_REJECTED'
  /** The receiver answered 410, or what its connector takes for that. */
  | 'GONE'
  /** A person switched it off, by destinationDisable. */
  | 'MANUAL';

/** One key of the body. */
export type EnvelopeFieldInput = {
  /** Required but for DATA_SPREAD; no name twice. At most 100 characters. */
  name?: string | null | undefined;
  /** What stands under it. */
  source: EnvelopeSource;
};

/** ORGANIZATION_ID: the external id when there is one. CREATED_AT: ISO-8601 with milliseconds. DATA_SPREAD: the data's own keys, at the top level; name is then ignored. */
export type EnvelopeSource =
  | 'CREATED_AT'
  | 'DATA'
  | 'DATA_SPREAD'
  | 'ID'
  | 'ORGANIZATION_ID'
  | 'TYPE';

/** Each condition that is given must hold. */
export type EventFilter = {
  /** Only those published in this time. Default: all that are kept. */
  createdAt?: DateTimeRange | null | undefined;
  /** Only tests, or only others. Default: both. */
  isTest?: boolean | null | undefined;
  /** Only of this organization. Default: all that the caller may see. */
  organizationId?: string | number | null | undefined;
  /** Default: any. */
  status?: EventStatus | null | undefined;
  /** Names, not prefixes. */
  types?: Array<string> | null | undefined;
};

/** Exactly one of organizationId and organizationExternalId. */
export type EventPublishInput = {
  /** Must fit the type's payloadSchema; at most 256 KB of JSON. */
  data: unknown;
  /** Deliver not before; at most 30 days ahead. A time that has passed means at once. */
  deliverAt?: string | null | undefined;
  /** At most 255 characters; concurrent publishes of one key make one event. The same key of the same organization within 24 h: with the same type and data it answers with the first event and duplicate: true, with others it is CONFLICT. deliverAt does not count: the first one holds. */
  idempotencyKey?: string | null | undefined;
  /** The application’s own id of the customer. */
  organizationExternalId?: string | null | undefined;
  /** The customer’s id here. */
  organizationId?: string | number | null | undefined;
  /** Name of a type in the catalogue. */
  type: string;
};

/** The event to send again. */
export type EventReplayInput = {
  /** Destinations of the event's organization, at most 1,000, subscribed or not. Omitted: all that subscribe to its type now. */
  destinationIds?: Array<string | number> | null | undefined;
  /** Of the event. */
  id: string | number;
};

/** Whether an event goes to destinations. */
export type EventStatus =
  /** It goes to each destination that subscribes to it. An event published by SQL is ACCEPTED until a worker has checked it. */
  | 'ACCEPTED'
  /** It was published by SQL, and the worker refused it, mostly because its data breaks the schema of its type: see problems. It has no deliveries. Once the schema is mended, eventReplay checks it again. */
  | 'REJECTED';

/** The type to archive. */
export type EventTypeArchiveInput = {
  /** Of the type. */
  name: string;
};

/** COMING_SOON: shown in the catalogue before it fires. DEPRECATED: still fires. ARCHIVED: publishing it is refused. */
export type EventTypeStatus =
  | 'ARCHIVED'
  | 'AVAILABLE'
  | 'COMING_SOON'
  | 'DEPRECATED';

/** Makes the type, or changes the one of this name; omitted fields stay as they are. */
export type EventTypeUpsertInput = {
  /** Whether a new payloadSchema may break receivers: fields removed or no longer required, types changed, enum values added. Refused with CONFLICT otherwise, unless the type is COMING_SOON. */
  allowBreakingSchema?: boolean | null | undefined;
  /** At most 1,000 characters. */
  description?: string | null | undefined;
  /** At most 100 characters. */
  group?: string | null | undefined;
  /** Dotted words of letters, digits, dashes and underscores, at most 128 characters. */
  name: string;
  /** JSON Schema (2020-12), at most 64 KB; null takes anything. */
  payloadSchema?: Record<string, unknown> | null | undefined;
  /** Must fit payloadSchema; at most 64 KB. */
  samplePayload?: unknown;
  /** Default AVAILABLE. */
  status?: EventTypeStatus | null | undefined;
};

/** Events to publish together. */
export type EventsPublishInput = {
  /** 1 to 1,000. */
  events: Array<EventPublishInput>;
};

/** What went wrong. */
export type FailureKind =
  /** Nobody could be connected to, or the connection was lost before the answer. */
  | 'CONNECTION'
  /** The connector or an expression made no request of the event, or failed on the way. */
  | 'CONNECTOR_ERROR'
  /** The receiver did not take the destination's credentials. */
  | 'CREDENTIALS_REJECTED'
  /** The name could not be resolved. */
  | 'DNS'
  /** The receiver wants nothing more: 410, or what its connector takes for that. */
  | 'GONE'
  /** An answer that the connector does not take for success: by HTTP, other than 2xx. */
  | 'HTTP_STATUS'
  /** The receiver asked for a pause; it is kept. */
  | 'RATE_LIMITED'
  /** No whole answer within the delivery profile's timeoutMs. */
  | 'TIMEOUT'
  /** No TLS connection, or a certificate that cannot be trusted. */
  | 'TLS'
  /** The address is internal or reserved, or the URL none that deliveries may go to. Nothing was sent. */
  | 'URL_NOT_ALLOWED';

/** EXPIRED: retention dropped what lay there. RESTORED: the database was restored from a backup. */
export type FeedResetReason =
  | 'EXPIRED'
  | 'RESTORED';

/** ID: the event's. DELIVERY_UUID: the delivery id as a bare UUID. ATTEMPT: the first is 1. TIMESTAMP: unix seconds of the attempt. */
export type HeaderSource =
  | 'ATTEMPT'
  | 'DELIVERY_ID'
  | 'DELIVERY_UUID'
  | 'ID'
  | 'TIMESTAMP'
  | 'TYPE';

/** A header that is added to each request of a destination. At most 20. */
export type HttpHeaderInput = {
  /** No name that the connection, Postrider or the delivery profile sets: host, content-*, webhook-* and the like. */
  name: string;
  /** Secret values are encrypted, never shown again, redacted in records. */
  secret?: boolean | null | undefined;
  /** Printable ASCII, at most 1,024 characters. In an update null keeps the stored one. */
  value?: string | null | undefined;
};

/** The customer to delete. */
export type OrganizationDeleteInput = {
  /** Of the organization. */
  id: string | number;
};

/** With id: changes that one. With externalId: makes it, or changes the one that has it. With neither: makes one. */
export type OrganizationUpsertInput = {
  /** 1 to 200 characters, unique per application. */
  externalId?: string | null | undefined;
  /** Of the one to change; null: see externalId. */
  id?: string | number | null | undefined;
  /** 1 to 200 characters. */
  name: string;
};

/** Whose session, and for how long. */
export type PortalSessionCreateInput = {
  /** For how many seconds it is good, 60 to 86400; null means the default. */
  expiresInSeconds?: number | null | undefined;
  /** Whose destinations it manages. */
  organizationId: string | number;
};

/** The session to end. */
export type PortalSessionRevokeInput = {
  /** sessionId of portalSessionCreate. */
  id: string | number;
};

/** OPERATOR: POSTRIDER_OPERATOR_KEY. APPLICATION: an application's API key. ORGANIZATION: a portal session of one organization. */
export type PrincipalKind =
  | 'APPLICATION'
  | 'OPERATOR'
  | 'ORGANIZATION';

/** One header of each request. */
export type ProfileHeaderInput = {
  /** A name that Postrider, the connection or a signature does not set; no name twice. */
  name: string;
  /** What it carries. */
  source: HeaderSource;
};

/** DONE: all was put in line; its deliveries go on by themselves. CANCELLED: its destination was deleted. */
export type RecoveryStatus =
  | 'CANCELLED'
  | 'DONE'
  | 'FAILED'
  | 'QUEUED'
  | 'RUNNING';

/** One signature of each request. */
export type SignatureRuleInput = {
  /** Required for HMAC_SHA256_HEX, refused for STANDARD_WEBHOOKS. */
  header?: string | null | undefined;
  /** Such as "sha256=". Printable ASCII, at most 64 characters; refused for STANDARD_WEBHOOKS. */
  prefix?: string | null | undefined;
  /** How it is made. */
  scheme: SignatureScheme;
};

/** STANDARD_WEBHOOKS: webhook-id, webhook-timestamp and webhook-signature headers as that specification has them; webhook-id is the event id, the same for all destinations, attempts and replays. HMAC_SHA256_HEX: prefix + hex(HMAC-SHA256(secret, raw body)) in the header named. */
export type SignatureScheme =
  | 'HMAC_SHA256_HEX'
  | 'STANDARD_WEBHOOKS';

/** The width of a point, in UTC. Minutes are kept for 7 days. */
export type StatsBucket =
  | 'DAY'
  | 'HOUR'
  | 'MINUTE';

/** What kind of mistake it is. */
export type UserErrorCode =
  /** config breaks the connector's configSchema: see jsonPointer. */
  | 'CONFIG_INVALID'
  /** It does not go with what is stored, or with what another has done meanwhile. */
  | 'CONFLICT'
  /** The connector did not load. */
  | 'CONNECTOR_UNAVAILABLE'
  /** credentials break the connector's credentialSchema, or its service refuses them. */
  | 'CREDENTIALS_REJECTED'
  /** The type is not in the catalogue, or archived. */
  | 'EVENT_TYPE_UNKNOWN'
  /** A filter or transform that does not compile, or fails with the data given. */
  | 'EXPRESSION_INVALID'
  /** A value that the field does not take. */
  | 'INVALID'
  /** More or larger than is taken; the message says how much. */
  | 'LIMIT_EXCEEDED'
  /** Nothing that the caller may see has this id or name. */
  | 'NOT_FOUND'
  /** The delivery is not one that can be sent again now. */
  | 'NOT_RETRYABLE'
  /** In eventsPublish: this event was fine, but another was refused, so none was stored. */
  | 'NOT_STORED'
  /** data breaks the event type's payloadSchema: see jsonPointer. */
  | 'PAYLOAD_INVALID'
  /** A value is missing. */
  | 'REQUIRED'
  /** Another has this name or key. */
  | 'TAKEN'
  /** No URL that deliveries may go to. */
  | 'URL_NOT_ALLOWED';

export type ApplicationCreateMutationVariables = Exact<{
  input: ApplicationCreateInput;
}>;


export type ApplicationCreateMutation = { applicationCreate: { apiKey: string | null, application: { id: string, name: string, deliveryProfile: { timeoutMs: number, retryDelays: Array<number>, retryJitter: number, disableAfterFailures: number | null, disableAfterSeconds: number | null, failingAfterFailures: number, httpsOnly: boolean, envelope: Array<{ name: string | null, source: EnvelopeSource }>, headers: Array<{ name: string, source: HeaderSource }>, signatures: Array<{ scheme: SignatureScheme, header: string | null, prefix: string | null }> } } | null, userErrors: Array<
      | { __typename: 'ConnectorConfigError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'PayloadError', message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type ApplicationUpdateMutationVariables = Exact<{
  input: ApplicationUpdateInput;
}>;


export type ApplicationUpdateMutation = { applicationUpdate: { application: { id: string, name: string, deliveryProfile: { timeoutMs: number, retryDelays: Array<number>, retryJitter: number, disableAfterFailures: number | null, disableAfterSeconds: number | null, failingAfterFailures: number, httpsOnly: boolean, envelope: Array<{ name: string | null, source: EnvelopeSource }>, headers: Array<{ name: string, source: HeaderSource }>, signatures: Array<{ scheme: SignatureScheme, header: string | null, prefix: string | null }> } } | null, userErrors: Array<
      | { __typename: 'ConnectorConfigError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'PayloadError', message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type ApiKeyCreateMutationVariables = Exact<{
  input: ApiKeyCreateInput;
}>;


export type ApiKeyCreateMutation = { apiKeyCreate: { secret: string | null, apiKey: { id: string, name: string, hint: string, createdAt: string } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type ApiKeyRevokeMutationVariables = Exact<{
  input: ApiKeyRevokeInput;
}>;


export type ApiKeyRevokeMutation = { apiKeyRevoke: { apiKey: { id: string, revokedAt: string | null } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type OrganizationUpsertMutationVariables = Exact<{
  input: OrganizationUpsertInput;
}>;


export type OrganizationUpsertMutation = { organizationUpsert: { organization: { id: string, externalId: string | null, name: string } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type OrganizationDeleteMutationVariables = Exact<{
  input: OrganizationDeleteInput;
}>;


export type OrganizationDeleteMutation = { organizationDelete: { deletedId: string | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type EventTypeUpsertMutationVariables = Exact<{
  input: EventTypeUpsertInput;
}>;


export type EventTypeUpsertMutation = { eventTypeUpsert: { eventType: { id: string, name: string, status: EventTypeStatus, description: string | null, group: string | null, payloadSchema: Record<string, unknown> | null, samplePayload: unknown } | null, userErrors: Array<
      | { __typename: 'ConnectorConfigError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'PayloadError', jsonPointer: string, message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type EventTypeArchiveMutationVariables = Exact<{
  input: EventTypeArchiveInput;
}>;


export type EventTypeArchiveMutation = { eventTypeArchive: { eventType: { id: string, name: string, status: EventTypeStatus } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DeliveryProfileFieldsFragment = { timeoutMs: number, retryDelays: Array<number>, retryJitter: number, disableAfterFailures: number | null, disableAfterSeconds: number | null, failingAfterFailures: number, httpsOnly: boolean, envelope: Array<{ name: string | null, source: EnvelopeSource }>, headers: Array<{ name: string, source: HeaderSource }>, signatures: Array<{ scheme: SignatureScheme, header: string | null, prefix: string | null }> };

export type DestinationPreviewMutationVariables = Exact<{
  input: DestinationPreviewInput;
}>;


export type DestinationPreviewMutation = { destinationPreview: { skipped: boolean, request: { method: string, url: string, body: string | null, headers: Array<{ name: string, value: string, redacted: boolean }> } | null, userErrors: Array<
      | { __typename: 'ConnectorConfigError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'PayloadError', message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationFieldsFragment = { id: string, key: string | null, label: string, description: string | null, config: Record<string, unknown>, target: string, eventTypes: Array<string>, filter: string | null, transform: string | null, ordering: DestinationOrdering, rateLimit: number | null, active: boolean, health: DestinationHealth, disabledReason: DisabledReason | null, disabledAt: string | null, consecutiveFailures: number, lastSuccessAt: string | null, version: number, waitingReason: string | null, setupError: string | null, headers: Array<{ name: string, value: string, redacted: boolean }>, connector: { key: string, status: ConnectorStatus }, signingSecrets: Array<{ hint: string, expiresAt: string | null }>, credentials: Array<{ name: string, isSet: boolean, hint: string | null }> };

export type DestinationCreateMutationVariables = Exact<{
  input: DestinationCreateInput;
}>;


export type DestinationCreateMutation = { destinationCreate: { signingSecret: string | null, destination: { id: string, key: string | null, label: string, description: string | null, config: Record<string, unknown>, target: string, eventTypes: Array<string>, filter: string | null, transform: string | null, ordering: DestinationOrdering, rateLimit: number | null, active: boolean, health: DestinationHealth, disabledReason: DisabledReason | null, disabledAt: string | null, consecutiveFailures: number, lastSuccessAt: string | null, version: number, waitingReason: string | null, setupError: string | null, headers: Array<{ name: string, value: string, redacted: boolean }>, connector: { key: string, status: ConnectorStatus }, signingSecrets: Array<{ hint: string, expiresAt: string | null }>, credentials: Array<{ name: string, isSet: boolean, hint: string | null }> } | null, userErrors: Array<
      | { __typename: 'ConnectorConfigError', jsonPointer: string, message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'PayloadError', message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationUpdateMutationVariables = Exact<{
  input: DestinationUpdateInput;
}>;


export type DestinationUpdateMutation = { destinationUpdate: { destination: { id: string, key: string | null, label: string, description: string | null, config: Record<string, unknown>, target: string, eventTypes: Array<string>, filter: string | null, transform: string | null, ordering: DestinationOrdering, rateLimit: number | null, active: boolean, health: DestinationHealth, disabledReason: DisabledReason | null, disabledAt: string | null, consecutiveFailures: number, lastSuccessAt: string | null, version: number, waitingReason: string | null, setupError: string | null, headers: Array<{ name: string, value: string, redacted: boolean }>, connector: { key: string, status: ConnectorStatus }, signingSecrets: Array<{ hint: string, expiresAt: string | null }>, credentials: Array<{ name: string, isSet: boolean, hint: string | null }> } | null, userErrors: Array<
      | { __typename: 'ConnectorConfigError', jsonPointer: string, message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'PayloadError', message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationDeleteMutationVariables = Exact<{
  input: DestinationDeleteInput;
}>;


export type DestinationDeleteMutation = { destinationDelete: { deletedId: string | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationEnableMutationVariables = Exact<{
  input: DestinationEnableInput;
}>;


export type DestinationEnableMutation = { destinationEnable: { destination: { id: string, key: string | null, label: string, description: string | null, config: Record<string, unknown>, target: string, eventTypes: Array<string>, filter: string | null, transform: string | null, ordering: DestinationOrdering, rateLimit: number | null, active: boolean, health: DestinationHealth, disabledReason: DisabledReason | null, disabledAt: string | null, consecutiveFailures: number, lastSuccessAt: string | null, version: number, waitingReason: string | null, setupError: string | null, headers: Array<{ name: string, value: string, redacted: boolean }>, connector: { key: string, status: ConnectorStatus }, signingSecrets: Array<{ hint: string, expiresAt: string | null }>, credentials: Array<{ name: string, isSet: boolean, hint: string | null }> } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationDisableMutationVariables = Exact<{
  input: DestinationDisableInput;
}>;


export type DestinationDisableMutation = { destinationDisable: { destination: { id: string, key: string | null, label: string, description: string | null, config: Record<string, unknown>, target: string, eventTypes: Array<string>, filter: string | null, transform: string | null, ordering: DestinationOrdering, rateLimit: number | null, active: boolean, health: DestinationHealth, disabledReason: DisabledReason | null, disabledAt: string | null, consecutiveFailures: number, lastSuccessAt: string | null, version: number, waitingReason: string | null, setupError: string | null, headers: Array<{ name: string, value: string, redacted: boolean }>, connector: { key: string, status: ConnectorStatus }, signingSecrets: Array<{ hint: string, expiresAt: string | null }>, credentials: Array<{ name: string, isSet: boolean, hint: string | null }> } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationSecretRotateMutationVariables = Exact<{
  input: DestinationSecretRotateInput;
}>;


export type DestinationSecretRotateMutation = { destinationSecretRotate: { signingSecret: string | null, previousExpiresAt: string | null, destination: { id: string, key: string | null, label: string, description: string | null, config: Record<string, unknown>, target: string, eventTypes: Array<string>, filter: string | null, transform: string | null, ordering: DestinationOrdering, rateLimit: number | null, active: boolean, health: DestinationHealth, disabledReason: DisabledReason | null, disabledAt: string | null, consecutiveFailures: number, lastSuccessAt: string | null, version: number, waitingReason: string | null, setupError: string | null, headers: Array<{ name: string, value: string, redacted: boolean }>, connector: { key: string, status: ConnectorStatus }, signingSecrets: Array<{ hint: string, expiresAt: string | null }>, credentials: Array<{ name: string, isSet: boolean, hint: string | null }> } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationSecretRevealMutationVariables = Exact<{
  input: DestinationSecretRevealInput;
}>;


export type DestinationSecretRevealMutation = { destinationSecretReveal: { signingSecret: string | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationTestMutationVariables = Exact<{
  input: DestinationTestInput;
}>;


export type DestinationTestMutation = { destinationTest: { delivery: { id: string, status: DeliveryStatus, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, event: { isTest: boolean } | null } | null, attempt: { id: string, deliveryId: string, number: number, startedAt: string, durationMs: number, outcome: AttemptOutcome, failureKind: FailureKind | null, errorMessage: string | null, retryAt: string | null, request: { method: string, url: string, body: string | null, headers: Array<{ name: string, value: string, redacted: boolean }> } | null, response: { statusCode: number, body: string | null, sizeBytes: number, truncated: boolean, headers: Array<{ name: string, value: string, redacted: boolean }> } | null } | null, userErrors: Array<
      | { __typename: 'ConnectorConfigError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'PayloadError', jsonPointer: string, message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DestinationQueryVariables = Exact<{
  id: string | number;
}>;


export type DestinationQuery = { destination: { id: string, key: string | null, label: string, description: string | null, config: Record<string, unknown>, target: string, eventTypes: Array<string>, filter: string | null, transform: string | null, ordering: DestinationOrdering, rateLimit: number | null, active: boolean, health: DestinationHealth, disabledReason: DisabledReason | null, disabledAt: string | null, consecutiveFailures: number, lastSuccessAt: string | null, version: number, waitingReason: string | null, setupError: string | null, headers: Array<{ name: string, value: string, redacted: boolean }>, connector: { key: string, status: ConnectorStatus }, signingSecrets: Array<{ hint: string, expiresAt: string | null }>, credentials: Array<{ name: string, isSet: boolean, hint: string | null }> } | null };

export type DestinationsQueryVariables = Exact<{
  organizationId?: string | number | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: DestinationFilter | null | undefined;
}>;


export type DestinationsQuery = { destinations: { totalCount: number, nodes: Array<{ id: string, key: string | null, label: string, description: string | null, config: Record<string, unknown>, target: string, eventTypes: Array<string>, filter: string | null, transform: string | null, ordering: DestinationOrdering, rateLimit: number | null, active: boolean, health: DestinationHealth, disabledReason: DisabledReason | null, disabledAt: string | null, consecutiveFailures: number, lastSuccessAt: string | null, version: number, waitingReason: string | null, setupError: string | null, headers: Array<{ name: string, value: string, redacted: boolean }>, connector: { key: string, status: ConnectorStatus }, signingSecrets: Array<{ hint: string, expiresAt: string | null }>, credentials: Array<{ name: string, isSet: boolean, hint: string | null }> }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type EventPublishMutationVariables = Exact<{
  input: EventPublishInput;
}>;


export type EventPublishMutation = { eventPublish: { duplicate: boolean, event: { id: string, type: string, data: unknown, dataBytes: number, idempotencyKey: string | null, createdAt: string, status: EventStatus, problems: Array<
        | { __typename: 'ConnectorConfigError', code: UserErrorCode, message: string, path: Array<string> | null }
        | { __typename: 'GenericUserError', code: UserErrorCode, message: string, path: Array<string> | null }
        | { __typename: 'PayloadError', jsonPointer: string, code: UserErrorCode, message: string, path: Array<string> | null }
      > } | null, userErrors: Array<
      | { __typename: 'ConnectorConfigError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
      | { __typename: 'PayloadError', jsonPointer: string, message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type EventsPublishMutationVariables = Exact<{
  input: EventsPublishInput;
}>;


export type EventsPublishMutation = { eventsPublish: { results: Array<{ duplicate: boolean, event: { id: string } | null, userErrors: Array<
        | { __typename: 'ConnectorConfigError', message: string, path: Array<string> | null, code: UserErrorCode }
        | { __typename: 'GenericUserError', message: string, path: Array<string> | null, code: UserErrorCode }
        | { __typename: 'PayloadError', jsonPointer: string, message: string, path: Array<string> | null, code: UserErrorCode }
      > }>, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type EventQueryVariables = Exact<{
  id: string | number;
}>;


export type EventQuery = { event: { id: string, type: string, createdAt: string, data: unknown, isTest: boolean, status: EventStatus, organization: { id: string, externalId: string | null }, deliveries: { nodes: Array<{ id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string }> }, problems: Array<
      | { __typename: 'ConnectorConfigError', code: UserErrorCode, message: string, path: Array<string> | null }
      | { __typename: 'GenericUserError', code: UserErrorCode, message: string, path: Array<string> | null }
      | { __typename: 'PayloadError', jsonPointer: string, code: UserErrorCode, message: string, path: Array<string> | null }
    > } | null };

export type EventDeliveriesQueryVariables = Exact<{
  id: string | number;
  after?: string | null | undefined;
}>;


export type EventDeliveriesQuery = { event: { deliveries: { nodes: Array<{ id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type EventsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: EventFilter | null | undefined;
}>;


export type EventsQuery = { events: { nodes: Array<{ id: string, type: string, status: EventStatus }>, count: { value: number, exact: boolean }, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type EventStatusFieldsFragment = { status: EventStatus, problems: Array<
    | { __typename: 'ConnectorConfigError', code: UserErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'GenericUserError', code: UserErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'PayloadError', jsonPointer: string, code: UserErrorCode, message: string, path: Array<string> | null }
  > };

export type DeliveryFieldsFragment = { id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string };

export type AttemptFieldsFragment = { id: string, deliveryId: string, number: number, startedAt: string, durationMs: number, outcome: AttemptOutcome, failureKind: FailureKind | null, errorMessage: string | null, retryAt: string | null, request: { method: string, url: string, body: string | null, headers: Array<{ name: string, value: string, redacted: boolean }> } | null, response: { statusCode: number, body: string | null, sizeBytes: number, truncated: boolean, headers: Array<{ name: string, value: string, redacted: boolean }> } | null };

export type DeliveryQueryVariables = Exact<{
  id: string | number;
}>;


export type DeliveryQuery = { delivery: { id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string, event: { id: string } | null, destination: { id: string } | null, lastAttempt: { id: string, deliveryId: string, number: number, startedAt: string, durationMs: number, outcome: AttemptOutcome, failureKind: FailureKind | null, errorMessage: string | null, retryAt: string | null, request: { method: string, url: string, body: string | null, headers: Array<{ name: string, value: string, redacted: boolean }> } | null, response: { statusCode: number, body: string | null, sizeBytes: number, truncated: boolean, headers: Array<{ name: string, value: string, redacted: boolean }> } | null } | null, attempts: { nodes: Array<{ id: string, deliveryId: string, number: number, startedAt: string, durationMs: number, outcome: AttemptOutcome, failureKind: FailureKind | null, errorMessage: string | null, retryAt: string | null, request: { method: string, url: string, body: string | null, headers: Array<{ name: string, value: string, redacted: boolean }> } | null, response: { statusCode: number, body: string | null, sizeBytes: number, truncated: boolean, headers: Array<{ name: string, value: string, redacted: boolean }> } | null }> } } | null };

export type DeliveriesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: DeliveryFilter | null | undefined;
}>;


export type DeliveriesQuery = { deliveries: { nodes: Array<{ id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string }>, count: { value: number, exact: boolean }, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type DeliveryRetryMutationVariables = Exact<{
  input: DeliveryRetryInput;
}>;


export type DeliveryRetryMutation = { deliveryRetry: { delivery: { id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type DeliveryAttemptsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: DeliveryAttemptFilter | null | undefined;
}>;


export type DeliveryAttemptsQuery = { deliveryAttempts: { edges: Array<{ cursor: string, node: { id: string, deliveryId: string, number: number, startedAt: string, durationMs: number, outcome: AttemptOutcome, failureKind: FailureKind | null, errorMessage: string | null, retryAt: string | null, request: { method: string, url: string, body: string | null, headers: Array<{ name: string, value: string, redacted: boolean }> } | null, response: { statusCode: number, body: string | null, sizeBytes: number, truncated: boolean, headers: Array<{ name: string, value: string, redacted: boolean }> } | null } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type FollowAttemptsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  last?: number | null | undefined;
  filter?: DeliveryAttemptFilter | null | undefined;
}>;


export type FollowAttemptsSubscription = { deliveryAttempts:
    | { __typename: 'DeliveryAttemptRecorded', cursor: string, attempt: { id: string, deliveryId: string, number: number, startedAt: string, durationMs: number, outcome: AttemptOutcome, failureKind: FailureKind | null, errorMessage: string | null, retryAt: string | null, delivery: { id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string } | null, request: { method: string, url: string, body: string | null, headers: Array<{ name: string, value: string, redacted: boolean }> } | null, response: { statusCode: number, body: string | null, sizeBytes: number, truncated: boolean, headers: Array<{ name: string, value: string, redacted: boolean }> } | null } }
    | { __typename: 'FeedCheckpoint', caughtUp: boolean, cursor: string }
    | { __typename: 'FeedReset', reason: FeedResetReason, cursor: string }
   };

export type FollowDeliverySubscriptionVariables = Exact<{
  id: string | number;
}>;


export type FollowDeliverySubscription = { delivery: { id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { kind: PrincipalKind, organization: { id: string, externalId: string | null, name: string } | null, application: { id: string, name: string } | null } };

export type ApplicationsQueryVariables = Exact<{ [key: string]: never; }>;


export type ApplicationsQuery = { applications: Array<{ id: string, name: string, deliveryProfile: { timeoutMs: number, retryDelays: Array<number>, retryJitter: number, disableAfterFailures: number | null, disableAfterSeconds: number | null, failingAfterFailures: number, httpsOnly: boolean, envelope: Array<{ name: string | null, source: EnvelopeSource }>, headers: Array<{ name: string, source: HeaderSource }>, signatures: Array<{ scheme: SignatureScheme, header: string | null, prefix: string | null }> }, operationsOrganization: { id: string, name: string }, apiKeys: Array<{ id: string, name: string, hint: string, lastUsedAt: string | null, revokedAt: string | null }> }> };

export type OrganizationQueryVariables = Exact<{
  id?: string | number | null | undefined;
  externalId?: string | null | undefined;
}>;


export type OrganizationQuery = { organization: { id: string, externalId: string | null, name: string, destinations: { nodes: Array<{ id: string }> } } | null };

export type OrganizationsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  search?: string | null | undefined;
}>;


export type OrganizationsQuery = { organizations: { nodes: Array<{ id: string, externalId: string | null, name: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type EventTypeQueryVariables = Exact<{
  name: string;
}>;


export type EventTypeQuery = { eventType: { id: string, name: string, status: EventTypeStatus, description: string | null, group: string | null, payloadSchema: Record<string, unknown> | null, samplePayload: unknown } | null };

export type EventTypesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  operations?: boolean | null | undefined;
}>;


export type EventTypesQuery = { eventTypes: { nodes: Array<{ id: string, name: string, description: string | null, group: string | null, status: EventTypeStatus }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type ConnectorsQueryVariables = Exact<{ [key: string]: never; }>;


export type ConnectorsQuery = { connectors: Array<{ key: string, version: string, displayName: string, category: ConnectorCategory, status: ConnectorStatus, statusReason: string | null, setupGuide: string | null, configSchema: Record<string, unknown>, credentialSchema: Record<string, unknown> | null, rateLimit: number | null, canCheck: boolean, optionFields: Array<string>, warnings: Array<{ message: string, warnedAt: string }> }> };

export type StatsFieldsFragment = { start: string, attempts: number, succeeded: number, failed: number, p50DurationMs: number | null, p95DurationMs: number | null };

export type StatsQueryVariables = Exact<{
  organizationId?: string | number | null | undefined;
  eventType?: string | null | undefined;
  connector?: string | null | undefined;
  range: DateTimeRange;
  bucket: StatsBucket;
}>;


export type StatsQuery = { stats: Array<{ start: string, attempts: number, succeeded: number, failed: number, p50DurationMs: number | null, p95DurationMs: number | null }> };

export type DestinationStatsQueryVariables = Exact<{
  id: string | number;
  range: DateTimeRange;
  bucket: StatsBucket;
}>;


export type DestinationStatsQuery = { destination: { stats: Array<{ start: string, attempts: number, succeeded: number, failed: number, p50DurationMs: number | null, p95DurationMs: number | null }> } | null };

export type DestinationRecoverMutationVariables = Exact<{
  input: DestinationRecoverInput;
}>;


export type DestinationRecoverMutation = { destinationRecover: { job: { id: string, destinationId: string, status: RecoveryStatus, matched: number, enqueued: number, createdAt: string, finishedAt: string | null, error: string | null } | null, matched: { value: number, exact: boolean } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type RecoveryJobQueryVariables = Exact<{
  id: string | number;
}>;


export type RecoveryJobQuery = { recoveryJob: { id: string, destinationId: string, status: RecoveryStatus, matched: number, enqueued: number, createdAt: string, finishedAt: string | null, error: string | null, destination: { id: string } | null } | null };

export type FollowRecoveryJobSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type FollowRecoveryJobSubscription = { recoveryJob: { id: string, destinationId: string, status: RecoveryStatus, matched: number, enqueued: number, createdAt: string, finishedAt: string | null, error: string | null } };

export type RecoveryJobFieldsFragment = { id: string, destinationId: string, status: RecoveryStatus, matched: number, enqueued: number, createdAt: string, finishedAt: string | null, error: string | null };

export type DeliveryCancelMutationVariables = Exact<{
  input: DeliveryCancelInput;
}>;


export type DeliveryCancelMutation = { deliveryCancel: { delivery: { id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string } | null, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type EventReplayMutationVariables = Exact<{
  input: EventReplayInput;
}>;


export type EventReplayMutation = { eventReplay: { deliveries: Array<{ id: string, eventId: string, destinationId: string, eventType: string, status: DeliveryStatus, skipReason: DeliverySkipReason | null, trigger: DeliveryTrigger, attemptCount: number, maxAttempts: number, nextAttemptAt: string | null, finishedAt: string | null, createdAt: string }>, userErrors: Array<
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { message: string, path: Array<string> | null, code: UserErrorCode }
      | { jsonPointer: string, message: string, path: Array<string> | null, code: UserErrorCode }
    > } };

export type AuditLogQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: AuditLogFilter | null | undefined;
}>;


export type AuditLogQuery = { auditLog: { nodes: Array<{ id: string, action: AuditAction, actorKind: PrincipalKind | null, actorKeyId: string | null, objectId: string, changes: Array<string>, createdAt: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type PortalSessionCreateMutationVariables = Exact<{
  input: PortalSessionCreateInput;
}>;


export type PortalSessionCreateMutation = { portalSessionCreate: { sessionId: string | null, token: string | null, url: string | null, expiresAt: string | null, userErrors: Array<
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
    > } };

export type PortalSessionRevokeMutationVariables = Exact<{
  input: PortalSessionRevokeInput;
}>;


export type PortalSessionRevokeMutation = { portalSessionRevoke: { sessionId: string | null, userErrors: Array<
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
    > } };

export type ConnectorFieldOptionsMutationVariables = Exact<{
  input: ConnectorFieldOptionsInput;
}>;


export type ConnectorFieldOptionsMutation = { connectorFieldOptions: { options: Array<{ label: string, value: string }>, userErrors: Array<
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
    > } };

export type ConnectorCheckMutationVariables = Exact<{
  input: ConnectorCheckInput;
}>;


export type ConnectorCheckMutation = { connectorCheck: { checked: boolean, userErrors: Array<
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
    > } };

export type DestinationUpgradeMutationVariables = Exact<{
  input: DestinationUpgradeInput;
}>;


export type DestinationUpgradeMutation = { destinationUpgrade: { config: Record<string, unknown> | null, fromMajor: number | null, toMajor: number | null, destination: { id: string, label: string, config: Record<string, unknown>, target: string, waitingReason: string | null } | null, userErrors: Array<
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
      | { path: Array<string> | null, message: string, code: UserErrorCode }
    > } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const DeliveryProfileFieldsFragmentDoc = new TypedDocumentString(`
    fragment DeliveryProfileFields on DeliveryProfile {
  envelope {
    name
    source
  }
  headers {
    name
    source
  }
  signatures {
    scheme
    header
    prefix
  }
  timeoutMs
  retryDelays
  retryJitter
  disableAfterFailures
  disableAfterSeconds
  failingAfterFailures
  httpsOnly
}
    `, {"fragmentName":"DeliveryProfileFields"}) as unknown as TypedDocumentString<DeliveryProfileFieldsFragment, unknown>;
export const DestinationFieldsFragmentDoc = new TypedDocumentString(`
    fragment DestinationFields on Destination {
  id
  key
  label
  description
  config
  target
  headers {
    name
    value
    redacted
  }
  eventTypes
  filter
  transform
  ordering
  rateLimit
  active
  health
  disabledReason
  disabledAt
  consecutiveFailures
  lastSuccessAt
  version
  waitingReason
  setupError
  connector {
    key
    status
  }
  signingSecrets {
    hint
    expiresAt
  }
  credentials {
    name
    isSet
    hint
  }
}
    `, {"fragmentName":"DestinationFields"}) as unknown as TypedDocumentString<DestinationFieldsFragment, unknown>;
export const EventStatusFieldsFragmentDoc = new TypedDocumentString(`
    fragment EventStatusFields on Event {
  status
  problems {
    __typename
    code
    message
    path
    ... on PayloadError {
      jsonPointer
    }
  }
}
    `, {"fragmentName":"EventStatusFields"}) as unknown as TypedDocumentString<EventStatusFieldsFragment, unknown>;
export const DeliveryFieldsFragmentDoc = new TypedDocumentString(`
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}
    `, {"fragmentName":"DeliveryFields"}) as unknown as TypedDocumentString<DeliveryFieldsFragment, unknown>;
export const AttemptFieldsFragmentDoc = new TypedDocumentString(`
    fragment AttemptFields on DeliveryAttempt {
  id
  deliveryId
  number
  startedAt
  durationMs
  outcome
  failureKind
  errorMessage
  retryAt
  request {
    method
    url
    headers {
      name
      value
      redacted
    }
    body
  }
  response {
    statusCode
    headers {
      name
      value
      redacted
    }
    body
    sizeBytes
    truncated
  }
}
    `, {"fragmentName":"AttemptFields"}) as unknown as TypedDocumentString<AttemptFieldsFragment, unknown>;
export const StatsFieldsFragmentDoc = new TypedDocumentString(`
    fragment StatsFields on StatsPoint {
  start
  attempts
  succeeded
  failed
  p50DurationMs
  p95DurationMs
}
    `, {"fragmentName":"StatsFields"}) as unknown as TypedDocumentString<StatsFieldsFragment, unknown>;
export const RecoveryJobFieldsFragmentDoc = new TypedDocumentString(`
    fragment RecoveryJobFields on RecoveryJob {
  id
  destinationId
  status
  matched
  enqueued
  createdAt
  finishedAt
  error
}
    `, {"fragmentName":"RecoveryJobFields"}) as unknown as TypedDocumentString<RecoveryJobFieldsFragment, unknown>;
export const ApplicationCreateDocument = new TypedDocumentString(`
    mutation ApplicationCreate($input: ApplicationCreateInput!) {
  applicationCreate(input: $input) {
    application {
      id
      name
      deliveryProfile {
        ...DeliveryProfileFields
      }
    }
    apiKey
    userErrors {
      __typename
      message
      path
      code
    }
  }
}
    fragment DeliveryProfileFields on DeliveryProfile {
  envelope {
    name
    source
  }
  headers {
    name
    source
  }
  signatures {
    scheme
    header
    prefix
  }
  timeoutMs
  retryDelays
  retryJitter
  disableAfterFailures
  disableAfterSeconds
  failingAfterFailures
  httpsOnly
}`) as unknown as TypedDocumentString<ApplicationCreateMutation, ApplicationCreateMutationVariables>;
export const ApplicationUpdateDocument = new TypedDocumentString(`
    mutation ApplicationUpdate($input: ApplicationUpdateInput!) {
  applicationUpdate(input: $input) {
    application {
      id
      name
      deliveryProfile {
        ...DeliveryProfileFields
      }
    }
    userErrors {
      __typename
      message
      path
      code
    }
  }
}
    fragment DeliveryProfileFields on DeliveryProfile {
  envelope {
    name
    source
  }
  headers {
    name
    source
  }
  signatures {
    scheme
    header
    prefix
  }
  timeoutMs
  retryDelays
  retryJitter
  disableAfterFailures
  disableAfterSeconds
  failingAfterFailures
  httpsOnly
}`) as unknown as TypedDocumentString<ApplicationUpdateMutation, ApplicationUpdateMutationVariables>;
export const ApiKeyCreateDocument = new TypedDocumentString(`
    mutation ApiKeyCreate($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) {
    apiKey {
      id
      name
      hint
      createdAt
    }
    secret
    userErrors {
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<ApiKeyCreateMutation, ApiKeyCreateMutationVariables>;
export const ApiKeyRevokeDocument = new TypedDocumentString(`
    mutation ApiKeyRevoke($input: ApiKeyRevokeInput!) {
  apiKeyRevoke(input: $input) {
    apiKey {
      id
      revokedAt
    }
    userErrors {
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<ApiKeyRevokeMutation, ApiKeyRevokeMutationVariables>;
export const OrganizationUpsertDocument = new TypedDocumentString(`
    mutation OrganizationUpsert($input: OrganizationUpsertInput!) {
  organizationUpsert(input: $input) {
    organization {
      id
      externalId
      name
    }
    userErrors {
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<OrganizationUpsertMutation, OrganizationUpsertMutationVariables>;
export const OrganizationDeleteDocument = new TypedDocumentString(`
    mutation OrganizationDelete($input: OrganizationDeleteInput!) {
  organizationDelete(input: $input) {
    deletedId
    userErrors {
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<OrganizationDeleteMutation, OrganizationDeleteMutationVariables>;
export const EventTypeUpsertDocument = new TypedDocumentString(`
    mutation EventTypeUpsert($input: EventTypeUpsertInput!) {
  eventTypeUpsert(input: $input) {
    eventType {
      id
      name
      status
      description
      group
      payloadSchema
      samplePayload
    }
    userErrors {
      __typename
      message
      path
      code
      ... on PayloadError {
        jsonPointer
      }
    }
  }
}
    `) as unknown as TypedDocumentString<EventTypeUpsertMutation, EventTypeUpsertMutationVariables>;
export const EventTypeArchiveDocument = new TypedDocumentString(`
    mutation EventTypeArchive($input: EventTypeArchiveInput!) {
  eventTypeArchive(input: $input) {
    eventType {
      id
      name
      status
    }
    userErrors {
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<EventTypeArchiveMutation, EventTypeArchiveMutationVariables>;
export const DestinationPreviewDocument = new TypedDocumentString(`
    mutation DestinationPreview($input: DestinationPreviewInput!) {
  destinationPreview(input: $input) {
    request {
      method
      url
      headers {
        name
        value
        redacted
      }
      body
    }
    skipped
    userErrors {
      __typename
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<DestinationPreviewMutation, DestinationPreviewMutationVariables>;
export const DestinationCreateDocument = new TypedDocumentString(`
    mutation DestinationCreate($input: DestinationCreateInput!) {
  destinationCreate(input: $input) {
    destination {
      ...DestinationFields
    }
    signingSecret
    userErrors {
      __typename
      message
      path
      code
      ... on ConnectorConfigError {
        jsonPointer
      }
    }
  }
}
    fragment DestinationFields on Destination {
  id
  key
  label
  description
  config
  target
  headers {
    name
    value
    redacted
  }
  eventTypes
  filter
  transform
  ordering
  rateLimit
  active
  health
  disabledReason
  disabledAt
  consecutiveFailures
  lastSuccessAt
  version
  waitingReason
  setupError
  connector {
    key
    status
  }
  signingSecrets {
    hint
    expiresAt
  }
  credentials {
    name
    isSet
    hint
  }
}`) as unknown as TypedDocumentString<DestinationCreateMutation, DestinationCreateMutationVariables>;
export const DestinationUpdateDocument = new TypedDocumentString(`
    mutation DestinationUpdate($input: DestinationUpdateInput!) {
  destinationUpdate(input: $input) {
    destination {
      ...DestinationFields
    }
    userErrors {
      __typename
      message
      path
      code
      ... on ConnectorConfigError {
        jsonPointer
      }
    }
  }
}
    fragment DestinationFields on Destination {
  id
  key
  label
  description
  config
  target
  headers {
    name
    value
    redacted
  }
  eventTypes
  filter
  transform
  ordering
  rateLimit
  active
  health
  disabledReason
  disabledAt
  consecutiveFailures
  lastSuccessAt
  version
  waitingReason
  setupError
  connector {
    key
    status
  }
  signingSecrets {
    hint
    expiresAt
  }
  credentials {
    name
    isSet
    hint
  }
}`) as unknown as TypedDocumentString<DestinationUpdateMutation, DestinationUpdateMutationVariables>;
export const DestinationDeleteDocument = new TypedDocumentString(`
    mutation DestinationDelete($input: DestinationDeleteInput!) {
  destinationDelete(input: $input) {
    deletedId
    userErrors {
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<DestinationDeleteMutation, DestinationDeleteMutationVariables>;
export const DestinationEnableDocument = new TypedDocumentString(`
    mutation DestinationEnable($input: DestinationEnableInput!) {
  destinationEnable(input: $input) {
    destination {
      ...DestinationFields
    }
    userErrors {
      message
      path
      code
    }
  }
}
    fragment DestinationFields on Destination {
  id
  key
  label
  description
  config
  target
  headers {
    name
    value
    redacted
  }
  eventTypes
  filter
  transform
  ordering
  rateLimit
  active
  health
  disabledReason
  disabledAt
  consecutiveFailures
  lastSuccessAt
  version
  waitingReason
  setupError
  connector {
    key
    status
  }
  signingSecrets {
    hint
    expiresAt
  }
  credentials {
    name
    isSet
    hint
  }
}`) as unknown as TypedDocumentString<DestinationEnableMutation, DestinationEnableMutationVariables>;
export const DestinationDisableDocument = new TypedDocumentString(`
    mutation DestinationDisable($input: DestinationDisableInput!) {
  destinationDisable(input: $input) {
    destination {
      ...DestinationFields
    }
    userErrors {
      message
      path
      code
    }
  }
}
    fragment DestinationFields on Destination {
  id
  key
  label
  description
  config
  target
  headers {
    name
    value
    redacted
  }
  eventTypes
  filter
  transform
  ordering
  rateLimit
  active
  health
  disabledReason
  disabledAt
  consecutiveFailures
  lastSuccessAt
  version
  waitingReason
  setupError
  connector {
    key
    status
  }
  signingSecrets {
    hint
    expiresAt
  }
  credentials {
    name
    isSet
    hint
  }
}`) as unknown as TypedDocumentString<DestinationDisableMutation, DestinationDisableMutationVariables>;
export const DestinationSecretRotateDocument = new TypedDocumentString(`
    mutation DestinationSecretRotate($input: DestinationSecretRotateInput!) {
  destinationSecretRotate(input: $input) {
    signingSecret
    previousExpiresAt
    destination {
      ...DestinationFields
    }
    userErrors {
      message
      path
      code
    }
  }
}
    fragment DestinationFields on Destination {
  id
  key
  label
  description
  config
  target
  headers {
    name
    value
    redacted
  }
  eventTypes
  filter
  transform
  ordering
  rateLimit
  active
  health
  disabledReason
  disabledAt
  consecutiveFailures
  lastSuccessAt
  version
  waitingReason
  setupError
  connector {
    key
    status
  }
  signingSecrets {
    hint
    expiresAt
  }
  credentials {
    name
    isSet
    hint
  }
}`) as unknown as TypedDocumentString<DestinationSecretRotateMutation, DestinationSecretRotateMutationVariables>;
export const DestinationSecretRevealDocument = new TypedDocumentString(`
    mutation DestinationSecretReveal($input: DestinationSecretRevealInput!) {
  destinationSecretReveal(input: $input) {
    signingSecret
    userErrors {
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<DestinationSecretRevealMutation, DestinationSecretRevealMutationVariables>;
export const DestinationTestDocument = new TypedDocumentString(`
    mutation DestinationTest($input: DestinationTestInput!) {
  destinationTest(input: $input) {
    delivery {
      id
      status
      trigger
      attemptCount
      maxAttempts
      event {
        isTest
      }
    }
    attempt {
      ...AttemptFields
    }
    userErrors {
      __typename
      message
      path
      code
      ... on PayloadError {
        jsonPointer
      }
    }
  }
}
    fragment AttemptFields on DeliveryAttempt {
  id
  deliveryId
  number
  startedAt
  durationMs
  outcome
  failureKind
  errorMessage
  retryAt
  request {
    method
    url
    headers {
      name
      value
      redacted
    }
    body
  }
  response {
    statusCode
    headers {
      name
      value
      redacted
    }
    body
    sizeBytes
    truncated
  }
}`) as unknown as TypedDocumentString<DestinationTestMutation, DestinationTestMutationVariables>;
export const DestinationDocument = new TypedDocumentString(`
    query Destination($id: ID!) {
  destination(id: $id) {
    ...DestinationFields
  }
}
    fragment DestinationFields on Destination {
  id
  key
  label
  description
  config
  target
  headers {
    name
    value
    redacted
  }
  eventTypes
  filter
  transform
  ordering
  rateLimit
  active
  health
  disabledReason
  disabledAt
  consecutiveFailures
  lastSuccessAt
  version
  waitingReason
  setupError
  connector {
    key
    status
  }
  signingSecrets {
    hint
    expiresAt
  }
  credentials {
    name
    isSet
    hint
  }
}`) as unknown as TypedDocumentString<DestinationQuery, DestinationQueryVariables>;
export const DestinationsDocument = new TypedDocumentString(`
    query Destinations($organizationId: ID, $first: Int, $after: String, $filter: DestinationFilter) {
  destinations(
    organizationId: $organizationId
    first: $first
    after: $after
    filter: $filter
  ) {
    totalCount
    nodes {
      ...DestinationFields
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    fragment DestinationFields on Destination {
  id
  key
  label
  description
  config
  target
  headers {
    name
    value
    redacted
  }
  eventTypes
  filter
  transform
  ordering
  rateLimit
  active
  health
  disabledReason
  disabledAt
  consecutiveFailures
  lastSuccessAt
  version
  waitingReason
  setupError
  connector {
    key
    status
  }
  signingSecrets {
    hint
    expiresAt
  }
  credentials {
    name
    isSet
    hint
  }
}`) as unknown as TypedDocumentString<DestinationsQuery, DestinationsQueryVariables>;
export const EventPublishDocument = new TypedDocumentString(`
    mutation EventPublish($input: EventPublishInput!) {
  eventPublish(input: $input) {
    duplicate
    event {
      id
      type
      data
      dataBytes
      idempotencyKey
      createdAt
      ...EventStatusFields
    }
    userErrors {
      __typename
      message
      path
      code
      ... on PayloadError {
        jsonPointer
      }
    }
  }
}
    fragment EventStatusFields on Event {
  status
  problems {
    __typename
    code
    message
    path
    ... on PayloadError {
      jsonPointer
    }
  }
}`) as unknown as TypedDocumentString<EventPublishMutation, EventPublishMutationVariables>;
export const EventsPublishDocument = new TypedDocumentString(`
    mutation EventsPublish($input: EventsPublishInput!) {
  eventsPublish(input: $input) {
    results {
      duplicate
      event {
        id
      }
      userErrors {
        __typename
        message
        path
        code
        ... on PayloadError {
          jsonPointer
        }
      }
    }
    userErrors {
      message
      path
      code
    }
  }
}
    `) as unknown as TypedDocumentString<EventsPublishMutation, EventsPublishMutationVariables>;
export const EventDocument = new TypedDocumentString(`
    query Event($id: ID!) {
  event(id: $id) {
    id
    type
    createdAt
    data
    isTest
    ...EventStatusFields
    organization {
      id
      externalId
    }
    deliveries {
      nodes {
        ...DeliveryFields
      }
    }
  }
}
    fragment EventStatusFields on Event {
  status
  problems {
    __typename
    code
    message
    path
    ... on PayloadError {
      jsonPointer
    }
  }
}
fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}`) as unknown as TypedDocumentString<EventQuery, EventQueryVariables>;
export const EventDeliveriesDocument = new TypedDocumentString(`
    query EventDeliveries($id: ID!, $after: String) {
  event(id: $id) {
    deliveries(first: 100, after: $after) {
      nodes {
        ...DeliveryFields
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}`) as unknown as TypedDocumentString<EventDeliveriesQuery, EventDeliveriesQueryVariables>;
export const EventsDocument = new TypedDocumentString(`
    query Events($first: Int, $after: String, $filter: EventFilter) {
  events(first: $first, after: $after, filter: $filter) {
    nodes {
      id
      type
      status
    }
    count {
      value
      exact
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<EventsQuery, EventsQueryVariables>;
export const DeliveryDocument = new TypedDocumentString(`
    query Delivery($id: ID!) {
  delivery(id: $id) {
    ...DeliveryFields
    event {
      id
    }
    destination {
      id
    }
    lastAttempt {
      ...AttemptFields
    }
    attempts {
      nodes {
        ...AttemptFields
      }
    }
  }
}
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}
fragment AttemptFields on DeliveryAttempt {
  id
  deliveryId
  number
  startedAt
  durationMs
  outcome
  failureKind
  errorMessage
  retryAt
  request {
    method
    url
    headers {
      name
      value
      redacted
    }
    body
  }
  response {
    statusCode
    headers {
      name
      value
      redacted
    }
    body
    sizeBytes
    truncated
  }
}`) as unknown as TypedDocumentString<DeliveryQuery, DeliveryQueryVariables>;
export const DeliveriesDocument = new TypedDocumentString(`
    query Deliveries($first: Int, $after: String, $filter: DeliveryFilter) {
  deliveries(first: $first, after: $after, filter: $filter) {
    nodes {
      ...DeliveryFields
    }
    count {
      value
      exact
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}`) as unknown as TypedDocumentString<DeliveriesQuery, DeliveriesQueryVariables>;
export const DeliveryRetryDocument = new TypedDocumentString(`
    mutation DeliveryRetry($input: DeliveryRetryInput!) {
  deliveryRetry(input: $input) {
    delivery {
      ...DeliveryFields
    }
    userErrors {
      message
      path
      code
    }
  }
}
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}`) as unknown as TypedDocumentString<DeliveryRetryMutation, DeliveryRetryMutationVariables>;
export const DeliveryAttemptsDocument = new TypedDocumentString(`
    query DeliveryAttempts($first: Int, $after: String, $filter: DeliveryAttemptFilter) {
  deliveryAttempts(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        ...AttemptFields
      }
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    fragment AttemptFields on DeliveryAttempt {
  id
  deliveryId
  number
  startedAt
  durationMs
  outcome
  failureKind
  errorMessage
  retryAt
  request {
    method
    url
    headers {
      name
      value
      redacted
    }
    body
  }
  response {
    statusCode
    headers {
      name
      value
      redacted
    }
    body
    sizeBytes
    truncated
  }
}`) as unknown as TypedDocumentString<DeliveryAttemptsQuery, DeliveryAttemptsQueryVariables>;
export const FollowAttemptsDocument = new TypedDocumentString(`
    subscription FollowAttempts($after: String, $last: Int, $filter: DeliveryAttemptFilter) {
  deliveryAttempts(after: $after, last: $last, filter: $filter) {
    __typename
    cursor
    ... on DeliveryAttemptRecorded {
      attempt {
        ...AttemptFields
        delivery {
          ...DeliveryFields
        }
      }
    }
    ... on FeedCheckpoint {
      caughtUp
    }
    ... on FeedReset {
      reason
    }
  }
}
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}
fragment AttemptFields on DeliveryAttempt {
  id
  deliveryId
  number
  startedAt
  durationMs
  outcome
  failureKind
  errorMessage
  retryAt
  request {
    method
    url
    headers {
      name
      value
      redacted
    }
    body
  }
  response {
    statusCode
    headers {
      name
      value
      redacted
    }
    body
    sizeBytes
    truncated
  }
}`) as unknown as TypedDocumentString<FollowAttemptsSubscription, FollowAttemptsSubscriptionVariables>;
export const FollowDeliveryDocument = new TypedDocumentString(`
    subscription FollowDelivery($id: ID!) {
  delivery(id: $id) {
    ...DeliveryFields
  }
}
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}`) as unknown as TypedDocumentString<FollowDeliverySubscription, FollowDeliverySubscriptionVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    kind
    organization {
      id
      externalId
      name
    }
    application {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const ApplicationsDocument = new TypedDocumentString(`
    query Applications {
  applications {
    id
    name
    deliveryProfile {
      ...DeliveryProfileFields
    }
    operationsOrganization {
      id
      name
    }
    apiKeys {
      id
      name
      hint
      lastUsedAt
      revokedAt
    }
  }
}
    fragment DeliveryProfileFields on DeliveryProfile {
  envelope {
    name
    source
  }
  headers {
    name
    source
  }
  signatures {
    scheme
    header
    prefix
  }
  timeoutMs
  retryDelays
  retryJitter
  disableAfterFailures
  disableAfterSeconds
  failingAfterFailures
  httpsOnly
}`) as unknown as TypedDocumentString<ApplicationsQuery, ApplicationsQueryVariables>;
export const OrganizationDocument = new TypedDocumentString(`
    query Organization($id: ID, $externalId: String) {
  organization(id: $id, externalId: $externalId) {
    id
    externalId
    name
    destinations {
      nodes {
        id
      }
    }
  }
}
    `) as unknown as TypedDocumentString<OrganizationQuery, OrganizationQueryVariables>;
export const OrganizationsDocument = new TypedDocumentString(`
    query Organizations($first: Int, $after: String, $search: String) {
  organizations(first: $first, after: $after, search: $search) {
    nodes {
      id
      externalId
      name
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<OrganizationsQuery, OrganizationsQueryVariables>;
export const EventTypeDocument = new TypedDocumentString(`
    query EventType($name: String!) {
  eventType(name: $name) {
    id
    name
    status
    description
    group
    payloadSchema
    samplePayload
  }
}
    `) as unknown as TypedDocumentString<EventTypeQuery, EventTypeQueryVariables>;
export const EventTypesDocument = new TypedDocumentString(`
    query EventTypes($first: Int, $after: String, $operations: Boolean) {
  eventTypes(first: $first, after: $after, operations: $operations) {
    nodes {
      id
      name
      description
      group
      status
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<EventTypesQuery, EventTypesQueryVariables>;
export const ConnectorsDocument = new TypedDocumentString(`
    query Connectors {
  connectors {
    key
    version
    displayName
    category
    status
    statusReason
    setupGuide
    configSchema
    credentialSchema
    rateLimit
    canCheck
    optionFields
    warnings {
      message
      warnedAt
    }
  }
}
    `) as unknown as TypedDocumentString<ConnectorsQuery, ConnectorsQueryVariables>;
export const StatsDocument = new TypedDocumentString(`
    query Stats($organizationId: ID, $eventType: String, $connector: String, $range: DateTimeRange!, $bucket: StatsBucket!) {
  stats(
    organizationId: $organizationId
    eventType: $eventType
    connector: $connector
    range: $range
    bucket: $bucket
  ) {
    ...StatsFields
  }
}
    fragment StatsFields on StatsPoint {
  start
  attempts
  succeeded
  failed
  p50DurationMs
  p95DurationMs
}`) as unknown as TypedDocumentString<StatsQuery, StatsQueryVariables>;
export const DestinationStatsDocument = new TypedDocumentString(`
    query DestinationStats($id: ID!, $range: DateTimeRange!, $bucket: StatsBucket!) {
  destination(id: $id) {
    stats(range: $range, bucket: $bucket) {
      ...StatsFields
    }
  }
}
    fragment StatsFields on StatsPoint {
  start
  attempts
  succeeded
  failed
  p50DurationMs
  p95DurationMs
}`) as unknown as TypedDocumentString<DestinationStatsQuery, DestinationStatsQueryVariables>;
export const DestinationRecoverDocument = new TypedDocumentString(`
    mutation DestinationRecover($input: DestinationRecoverInput!) {
  destinationRecover(input: $input) {
    job {
      ...RecoveryJobFields
    }
    matched {
      value
      exact
    }
    userErrors {
      message
      path
      code
    }
  }
}
    fragment RecoveryJobFields on RecoveryJob {
  id
  destinationId
  status
  matched
  enqueued
  createdAt
  finishedAt
  error
}`) as unknown as TypedDocumentString<DestinationRecoverMutation, DestinationRecoverMutationVariables>;
export const RecoveryJobDocument = new TypedDocumentString(`
    query RecoveryJob($id: ID!) {
  recoveryJob(id: $id) {
    ...RecoveryJobFields
    destination {
      id
    }
  }
}
    fragment RecoveryJobFields on RecoveryJob {
  id
  destinationId
  status
  matched
  enqueued
  createdAt
  finishedAt
  error
}`) as unknown as TypedDocumentString<RecoveryJobQuery, RecoveryJobQueryVariables>;
export const FollowRecoveryJobDocument = new TypedDocumentString(`
    subscription FollowRecoveryJob($id: ID!) {
  recoveryJob(id: $id) {
    ...RecoveryJobFields
  }
}
    fragment RecoveryJobFields on RecoveryJob {
  id
  destinationId
  status
  matched
  enqueued
  createdAt
  finishedAt
  error
}`) as unknown as TypedDocumentString<FollowRecoveryJobSubscription, FollowRecoveryJobSubscriptionVariables>;
export const DeliveryCancelDocument = new TypedDocumentString(`
    mutation DeliveryCancel($input: DeliveryCancelInput!) {
  deliveryCancel(input: $input) {
    delivery {
      ...DeliveryFields
    }
    userErrors {
      message
      path
      code
    }
  }
}
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}`) as unknown as TypedDocumentString<DeliveryCancelMutation, DeliveryCancelMutationVariables>;
export const EventReplayDocument = new TypedDocumentString(`
    mutation EventReplay($input: EventReplayInput!) {
  eventReplay(input: $input) {
    deliveries {
      ...DeliveryFields
    }
    userErrors {
      message
      path
      code
      ... on PayloadError {
        jsonPointer
      }
    }
  }
}
    fragment DeliveryFields on Delivery {
  id
  eventId
  destinationId
  eventType
  status
  skipReason
  trigger
  attemptCount
  maxAttempts
  nextAttemptAt
  finishedAt
  createdAt
}`) as unknown as TypedDocumentString<EventReplayMutation, EventReplayMutationVariables>;
export const AuditLogDocument = new TypedDocumentString(`
    query AuditLog($first: Int, $after: String, $filter: AuditLogFilter) {
  auditLog(first: $first, after: $after, filter: $filter) {
    nodes {
      id
      action
      actorKind
      actorKeyId
      objectId
      changes
      createdAt
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<AuditLogQuery, AuditLogQueryVariables>;
export const PortalSessionCreateDocument = new TypedDocumentString(`
    mutation PortalSessionCreate($input: PortalSessionCreateInput!) {
  portalSessionCreate(input: $input) {
    sessionId
    token
    url
    expiresAt
    userErrors {
      path
      message
      code
    }
  }
}
    `) as unknown as TypedDocumentString<PortalSessionCreateMutation, PortalSessionCreateMutationVariables>;
export const PortalSessionRevokeDocument = new TypedDocumentString(`
    mutation PortalSessionRevoke($input: PortalSessionRevokeInput!) {
  portalSessionRevoke(input: $input) {
    sessionId
    userErrors {
      path
      message
      code
    }
  }
}
    `) as unknown as TypedDocumentString<PortalSessionRevokeMutation, PortalSessionRevokeMutationVariables>;
export const ConnectorFieldOptionsDocument = new TypedDocumentString(`
    mutation ConnectorFieldOptions($input: ConnectorFieldOptionsInput!) {
  connectorFieldOptions(input: $input) {
    options {
      label
      value
    }
    userErrors {
      path
      message
      code
    }
  }
}
    `) as unknown as TypedDocumentString<ConnectorFieldOptionsMutation, ConnectorFieldOptionsMutationVariables>;
export const ConnectorCheckDocument = new TypedDocumentString(`
    mutation ConnectorCheck($input: ConnectorCheckInput!) {
  connectorCheck(input: $input) {
    checked
    userErrors {
      path
      message
      code
    }
  }
}
    `) as unknown as TypedDocumentString<ConnectorCheckMutation, ConnectorCheckMutationVariables>;
export const DestinationUpgradeDocument = new TypedDocumentString(`
    mutation DestinationUpgrade($input: DestinationUpgradeInput!) {
  destinationUpgrade(input: $input) {
    destination {
      id
      label
      config
      target
      waitingReason
    }
    config
    fromMajor
    toMajor
    userErrors {
      path
      message
      code
    }
  }
}
    `) as unknown as TypedDocumentString<DestinationUpgradeMutation, DestinationUpgradeMutationVariables>;