import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { EventTypeUpsertDocument } from '../client/generated/documents.ts'
import { messageOf } from '../domain/message-of.ts'
import { OpenapiInvalid, typesOfOpenapi } from '../domain/openapi-webhooks.ts'
import type { Api } from './api.ts'

export interface ImportOptions {
  readonly send: Api['send']
  /** The property of the body that is the data; undefined: the body is. */
  readonly dataKey: string | undefined
  readonly allowBreaking: boolean
}

/**
 * `postrider catalogue import FILE`: makes or changes an event type for each of the file's webhooks (OpenAPI 3.1, JSON or YAML).
 * Others of the catalogue stay. Returns the exit code: 1 when a type was refused, whose reasons are printed; the rest is in.
 */
export async function importCatalogue(
  file: string,
  { send, dataKey, allowBreaking }: ImportOptions,
  print: (line: string) => void,
): Promise<number> {
  let refused = 0
  for (const type of await readTypes(file, dataKey)) {
    const input = { ...type, allowBreakingSchema: allowBreaking }
    const { eventTypeUpsert } = await send(EventTypeUpsertDocument, { input })
    const { userErrors } = eventTypeUpsert
    if (userErrors.length > 0) refused += 1
    print(`${userErrors.length > 0 ? 'refused ' : 'imported'}  ${type.name}`)
    for (const { path, message } of userErrors) print(`          ${path?.slice(1).join('.')}: ${message}`)
  }
  return refused > 0 ? 1 : 0
}

async function readTypes(file: string, dataKey: string | undefined) {
  let document: unknown
  try {
    // JSON is YAML.
    document = parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new OpenapiInvalid(`${file} cannot be read: ${messageOf(error)}`)
  }
  return typesOfOpenapi(document, { dataKey })
}
