// The part of n8n's types that the tests touch. The package itself is compiled against the real ones.

export type Json = Record<string, unknown>

export interface NodeType {
  readonly description: {
    readonly name: string
    readonly icon: { readonly light: string; readonly dark: string }
    readonly webhooks?: ReadonlyArray<{
      readonly path: string
      readonly responseMode: string
      readonly httpMethod: string
    }>
    readonly [field: string]: unknown
  }
  readonly methods: { readonly loadOptions: Readonly<Record<string, (this: object) => Promise<LoadedOption[]>>> }
  readonly webhookMethods?: { readonly default: Record<'checkExists' | 'create' | 'delete', HookMethod> }
  readonly webhook?: (this: object) => Promise<WebhookAnswer>
  readonly execute?: (this: object) => Promise<Item[][]>
}

type HookMethod = (this: object) => Promise<boolean>

export interface LoadedOption {
  readonly name: string
  readonly value: string
  readonly description?: string
}

export interface Item {
  readonly json: Json
  readonly pairedItem?: { readonly item: number }
}

interface WebhookAnswer {
  readonly workflowData?: Item[][]
  readonly webhookResponse?: unknown
  readonly noWebhookResponse?: boolean
}

export interface HttpOptions {
  readonly method?: string
  readonly baseURL?: string
  readonly url: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

export interface CredentialType {
  readonly name: string
  readonly icon: { readonly light: string; readonly dark: string }
  readonly authenticate: { readonly properties: { readonly headers: Record<string, string> } }
  readonly test: {
    readonly request: HttpOptions
    readonly rules: ReadonlyArray<{
      readonly type: 'responseSuccessBody'
      readonly properties: { readonly key: string; readonly value: unknown; readonly message: string }
    }>
  }
}

export interface Credential {
  readonly serverUrl: string
  readonly apiKey: string
  readonly organization: string
}
