import { createHash } from 'node:crypto'
import type { ConnectorRequest } from '../connector/define-connector.ts'
import { parseRequest } from '../connector/parse-result.ts'
import { messageOf } from '../domain/message-of.ts'
import { recordText, recordUrl } from '../domain/redact.ts'
import { createSecrets, type Secrets } from '../domain/secrets.ts'
import { assertSendable } from '../outbound/request.ts'
import { type CorpusEvent, corpus } from './corpus.ts'
import type { Case, GoldenFiles, Verdict } from './finding.ts'
import { looseContextOf, type Subject } from './subject.ts'

/** What is sent for each event of the corpus, beside what was sent when somebody looked at it last. */
export function goldenCases(subject: Subject, files: GoldenFiles | undefined): Case[] {
  return corpus.flatMap((event): Case[] => [
    { group: 'golden', name: `buildRequest takes any data (${event.name})`, run: () => buildProblems(subject, event) },
    { group: 'golden', name: `golden/${event.name}.json holds`, run: () => compare(subject, event, files) },
  ])
}

function buildProblems(subject: Subject, event: CorpusEvent): string[] {
  try {
    const { method = 'POST', url, headers = {} } = build(subject, event)
    const { protocol } = new URL(url)
    const isHttp = /^https?:$/.test(protocol)
    if (!isHttp && !subject.connector.definition.deliver) return [`url is no http or https URL: ${protocol}`]
    if (isHttp) assertSendable({ method, url, headers: { ...headers } })
    return Object.keys(headers)
      .filter((name) => name !== name.toLowerCase())
      .map((name) => `the header ${name} is not in lower case`)
  } catch (error) {
    return [`it throws: ${messageOf(error)}`]
  }
}

function build({ connector, settings }: Subject, event: CorpusEvent): ConnectorRequest {
  return parseRequest(connector.definition.buildRequest(looseContextOf(settings, event)))
}

function compare(subject: Subject, event: CorpusEvent, files: GoldenFiles | undefined): Verdict | Promise<Verdict> {
  if (!files) return { skipped: 'it was given without a folder' }
  let built: ConnectorRequest
  try {
    built = build(subject, event)
  } catch {
    return { skipped: 'there is no request' }
  }
  return files.compare(
    `${event.name}.json`,
    render(built, createSecrets({ credentials: subject.settings.credentials })),
  )
}

/** Bodies up to here are kept whole. */
const KEPT_CHARACTERS = 20_000

/** As a file that people read: without credentials, a JSON body as JSON, a long one by its hash. */
function render(
  { method = 'POST', url, headers = {}, body = '', sign = false }: ConnectorRequest,
  secrets: Secrets,
): string {
  const clean = (text: string) => recordText(text, secrets, text.length)
  const shown = {
    method,
    url: recordUrl(url, secrets),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, clean(value)])),
    sign,
    ...(body.length > KEPT_CHARACTERS ? digest(body) : { body: jsonOr(clean(body)) }),
  }
  return `${JSON.stringify(shown, null, 2)}\n`
}

function digest(body: string) {
  const bodySha256 = createHash('sha256').update(body).digest('hex')
  return { bodyBytes: Buffer.byteLength(body), bodySha256 }
}

/** Only when nothing of the text is lost by it. */
function jsonOr(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? value : text
  } catch {
    return text
  }
}
