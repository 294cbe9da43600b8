import { type Classification, type ConnectorRequest, defineConnector } from 'postrider/connector'
import { z } from 'zod'

/** Breaks the contract in the way that its config says. */
export default defineConnector({
  apiVersion: 1,
  key: 'thrower',
  version: '1.0.0',
  displayName: 'Thrower',
  description: 'Breaks the contract.',
  category: 'other',
  config: z.strictObject({ how: z.string(), url: z.string().default('http://127.0.0.1:1/') }),
  target: ({ config }) => ({ label: config.how }),
  buildRequest: ({ config }) => {
    const request = { url: config.url, headers: { 'x-how': config.how } }
    switch (config.how) {
      case 'throws':
        throw new Error('no template for this type')
      case 'returns nothing':
        return undefined as unknown as ConnectorRequest
      case 'returns a promise':
        return Promise.reject(new Error('later')) as unknown as ConnectorRequest
      case 'a bad header':
        return { ...request, headers: { 'bad header': 'x' } }
      case 'a header that is a number':
        return { ...request, headers: { 'x-n': 5 as unknown as string } }
      case 'a body that is an object':
        return { ...request, body: { a: 1 } as unknown as string }
      case 'no URL':
        return { ...request, url: 'not a url' }
      case 'a NUL in the body':
        return { ...request, body: 'a\u0000b' }
      case 'half a character in the body':
        return { ...request, body: 'a\ud83d' }
      default:
        return request
    }
  },
  classify: (response) => verdicts[response.headers['x-how'] ?? '']?.(),
})

const verdicts: Record<string, () => Classification> = {
  'an unknown verdict': () => ({ kind: 'perhaps' }) as unknown as Classification,
  'a verdict later': () => Promise.reject(new Error('later')) as unknown as Classification,
  'a NUL in the reason': () => ({ kind: 'fail', reason: 'bad \u0000 bytes' }),
  'half a character in the reason': () => ({ kind: 'fail', reason: 'bad \ud83d half' }),
  'a reason that is no text': () => ({ kind: 'fail', reason: 10n as unknown as string }),
  'a delay that is no number': () => ({ kind: 'retry', reason: 'later', afterMs: Number.NaN }),
}
