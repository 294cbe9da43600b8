import type { JsonSchema } from '../connector/registry.ts'
import { messageOf } from '../domain/message-of.ts'
import { recordText } from '../domain/redact.ts'
import { wordsOf } from '../domain/words-of.ts'
import { type Canary, canaryOf, recordOf } from './canary.ts'
import { corpus } from './corpus.ts'
import type { Case } from './finding.ts'
import { listenIn } from './listen-in.ts'
import { unknownWays } from './other-servers.ts'
import { probes } from './probes.ts'
import { looseContextOf, type Subject } from './subject.ts'

export function secretsCases(subject: Subject): Case[] {
  const group = 'secrets'
  const { definition } = subject.connector
  return [
    {
      group,
      name: 'config has no field that looks like a secret',
      run: () => secretFields(subject.connector.configSchema),
    },
    { group, name: 'every setting that leads to another server is known to', run: () => unknownWays(subject) },
    ...(definition.credentials
      ? ([
          {
            group,
            name: 'no credential is left in a recorded request',
            run: () => requestLeaks(subject, canaryOf(subject)),
          },
          { group, name: 'no credential is left in a reason', run: () => reasonLeaks(subject, canaryOf(subject)) },
          { group, name: "no credential is in the target's label", run: () => labelLeaks(subject, canaryOf(subject)) },
          {
            group,
            name: 'no credential is written to the console',
            run: () => consoleLeaks(subject, canaryOf(subject)),
          },
        ] satisfies Case[])
      : []),
  ]
}

const SECRET_WORDS =
  /\b(secret|secrets|token|password|passwd|passphrase|pwd|credential|credentials|bearer|authorization|(api|access|private|secret|signing|shared) ?key)\b/

function secretFields(schema: JsonSchema, place = 'config'): string[] {
  const fields = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const forms = [...((schema.anyOf ?? []) as JsonSchema[]), ...((schema.oneOf ?? []) as JsonSchema[])]
  const advice = 'looks like a secret: it belongs into credentials'
  return [
    ...fields.flatMap(([name, field]) => [
      ...(SECRET_WORDS.test(wordsOf(name)) ? [`${place}.${name} ${advice}`] : []),
      ...secretFields(field, `${place}.${name}`),
    ]),
    ...forms.flatMap((form) => secretFields(form, place)),
  ]
}

/** Once each, however many events show it. */
function once(problems: readonly string[]): string[] {
  return [...new Set(problems)]
}

function requestLeaks({ connector }: Subject, canary: Canary): string[] {
  return once(
    corpus.flatMap((event) => {
      try {
        const built = connector.definition.buildRequest(looseContextOf(canary.settings, event))
        return canary.findIn(recordOf(built, canary.secrets), 'The request, as it is recorded,')
      } catch (error) {
        return canary.findIn(recordText(messageOf(error), canary.secrets), 'What buildRequest throws')
      }
    }),
  )
}

/** Of a service that answers with what it was sent. */
function reasonLeaks({ connector }: Subject, canary: Canary): string[] {
  const { classify } = connector.definition
  if (!classify) return []
  const body = JSON.stringify(canary.settings.credentials)
  return once(
    probes(connector.definition).flatMap(({ response }) => {
      let said: string
      try {
        said = JSON.stringify(classify({ ...response, body: `${response.body}${body}` }, canary.settings)) ?? ''
      } catch (error) {
        said = messageOf(error)
      }
      return canary.findIn(recordText(said, canary.secrets, said.length), 'What classify says')
    }),
  )
}

/** It is given no credentials; but it may have kept some. */
function labelLeaks({ connector: { definition } }: Subject, canary: Canary): string[] {
  try {
    definition.buildRequest(looseContextOf(canary.settings, corpus[0]!))
    return canary.findIn(String(definition.target({ config: canary.settings.config }).label), "The target's label")
  } catch {
    return []
  }
}

async function consoleLeaks(subject: Subject, canary: Canary): Promise<string[]> {
  const { said } = await listenIn(() => {
    requestLeaks(subject, canary)
    reasonLeaks(subject, canary)
    labelLeaks(subject, canary)
  })
  return canary.findIn(said, 'What it writes to the console')
}
