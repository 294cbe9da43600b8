import type { Credential, CredentialType, HttpOptions, Json } from './types.ts'

/** `helpers` of n8n as far as the nodes use them: real requests, with what the credential type adds. */
export function helpersFor(type: CredentialType, credential: Credential) {
  return {
    async httpRequestWithAuthentication(name: string, options: HttpOptions): Promise<unknown> {
      if (name !== type.name) throw new Error(`The node asked for the credential ${name}`)
      return sendAsN8n(options, resolve(type.authenticate.properties.headers, credential) as Record<string, string>)
    },
    returnJsonArray: (data: Json | Json[]) => [data].flat().map((json) => ({ json })),
  }
}

/** n8n's "Test credential": undefined when it is fine, else what n8n shows. */
export async function testCredential(type: CredentialType, credential: Credential): Promise<string | undefined> {
  const request = resolve(type.test.request, credential) as HttpOptions
  const headers = resolve(type.authenticate.properties.headers, credential) as Record<string, string>
  let answer: unknown
  try {
    answer = await sendAsN8n({ ...request, url: `${request.baseURL}${request.url}` }, headers)
  } catch (error) {
    return (error as Error).message
  }
  const broken = type.test.rules.find(({ properties: { key, value } }) => {
    const found = key.split('.').reduce<unknown>((at, part) => (at as Json | undefined)?.[part], answer)
    return found === value
  })
  return broken?.properties.message
}

async function sendAsN8n({ method = 'GET', url, headers, body }: HttpOptions, added: Record<string, string>) {
  const init = {
    method,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers, ...added },
    body: JSON.stringify(body),
  }
  const response = await fetch(url, init).catch((error: TypeError) => {
    throw Object.assign(new Error(error.message), { code: (error.cause as { code?: string } | undefined)?.code })
  })
  const text = await response.text()
  const data = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
  if (response.ok) return data
  const { status } = response
  throw Object.assign(new Error(`Request failed with status code ${status}`), { response: { status, data } })
}

/** Texts that begin with `=` are JavaScript between double braces; one pair alone keeps the type of its value. */
function resolve(value: unknown, $credentials: Credential): unknown {
  if (Array.isArray(value)) return value.map((element) => resolve(element, $credentials))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner, $credentials)]))
  }
  if (typeof value !== 'string' || !value.startsWith('=')) return value
  const evaluate = (code: string) => new Function('$credentials', `return (${code})`)($credentials)
  const whole = /^=\{\{((?:(?!\}\}).)*)\}\}$/.exec(value)
  return whole ? evaluate(whole[1]!) : value.slice(1).replace(/\{\{(.*?)\}\}/g, (_, code) => String(evaluate(code)))
}
