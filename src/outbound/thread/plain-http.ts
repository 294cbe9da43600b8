import type { PlainAnswer, PlainRequest } from './sides.ts'

// Requests and responses of fetch, as they go to another thread.

export async function toPlainRequest(request: Request): Promise<PlainRequest> {
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined
  return { url: request.url, method: request.method, headers: [...request.headers], body }
}

export async function toPlainAnswer(response: Response): Promise<PlainAnswer> {
  const body = response.body === null ? null : await response.text()
  return { status: response.status, headers: [...response.headers], body }
}

export function responseOf({ status, headers, body }: PlainAnswer): Response {
  return new Response(body, { status, headers: headers.map(([name, value]): [string, string] => [name, value]) })
}
