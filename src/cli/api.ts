import { type Command, InvalidArgumentError } from 'commander'
import type { TypedDocumentString } from '../client/generated/documents.ts'
import { type Endpoint, RequestFailed, request } from '../client/request.ts'
import type { Cli } from './cli.ts'
import { KeyMissing, Unusable, WrongUsage } from './failure.ts'

export interface ApiOptions {
  readonly url?: string
  readonly key?: string
  readonly application?: string
  readonly json?: boolean
}

/** The server that a command talks to, and with which key. */
export interface Api {
  readonly endpoint: Endpoint
  send<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data>
}

/** What every command that talks to a server takes. */
export function withApiOptions(command: Command, { json = true } = {}): Command {
  command
    .option('--url <url>', 'the server (default: POSTRIDER_URL, or http://127.0.0.1:4000)', parseHttpUrl)
    .option('--key <key>', 'an API key (default: POSTRIDER_API_KEY; for a server of this folder its demo key)')
    .option('--application <id>', 'with the operator key: the application to act in, app_…')
  return json ? command.option('--json', 'JSON on standard output, and nothing else') : command
}

export function parseHttpUrl(text: string): string {
  if (isHttpUrl(text)) return text
  throw new InvalidArgumentError('It is an http:// or https:// URL.')
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

export async function openApi({ environment }: Cli, options: ApiOptions): Promise<Api> {
  // Not before, here and in other commands: --help waits for nothing that it does not need.
  const { readApiAccess } = await import('../app/config.ts')
  const access = readApiAccess(environment)
  const url = options.url ?? access.url
  if (!isHttpUrl(url)) throw new WrongUsage(`POSTRIDER_URL is an http:// or https:// URL, not "${url}"`)
  const given = options.key || access.apiKey
  const key = given || (await demoKeyFor(url, access.dataDir))
  if (!key) throw new KeyMissing('There is no key: give --key, or set POSTRIDER_API_KEY')
  if (!/^[\x21-\x7e]+$/.test(key)) throw new KeyMissing('A key has no blanks or line breaks, and no letters but a to z')
  const endpoint = { url, key, applicationId: options.application }
  return {
    endpoint,
    async send(document, variables) {
      try {
        return await request(endpoint, document, variables)
      } catch (error) {
        if (!(error instanceof RequestFailed) || error.codes.length === 0)
          throw new Unusable(`No Postrider answers at ${url}`, error)
        if (given || !error.codes.includes('UNAUTHENTICATED')) throw error
        const message = `The demo key of ${access.dataDir} is not one of ${url}: give --key, or set POSTRIDER_API_KEY`
        throw new KeyMissing(message)
      }
    },
  }
}

/** The key that the first start made in this folder, for a server on this machine. */
async function demoKeyFor(url: string, dataDir: string): Promise<string | undefined> {
  const [{ isLoopbackUrl }, { readDemo }] = await Promise.all([
    import('../app/config.ts'),
    import('../app/data-folder.ts'),
  ])
  if (!isLoopbackUrl(url)) return undefined
  return (await readDemo(dataDir))?.apiKey
}
