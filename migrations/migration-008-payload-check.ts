import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'
import { fullFormats } from 'ajv-formats/dist/formats.js'

/**
 * postrider.payload_problems: what the payloadSchema of an event type says of data, for products that publish from
 * their own transaction. It says what ajv says (src/domain/payload-schema.ts), or refuses the schema.
 */
export class PayloadCheckMigration extends Migration {
  override up(): void {
    for (const name of before) this.addSql(readSql(name))
    this.addSql(formatRegex())
    for (const name of after) this.addSql(readSql(name))
  }
}

const before = ['problems', 'values', 'js-regex-sets', 'js-regex']
const after = [
  'formats',
  'references',
  'combinations',
  'scalars',
  'arrays',
  'objects',
  'object-problems',
  'payload-problems',
]

function readSql(name: string): string {
  return readFileSync(new URL(`payload-check/${name}.sql`, import.meta.url), 'utf8')
}

/** A function with the regular expressions of ajv-formats, translated here, once. */
function formatRegex(): string {
  const formats = Object.entries(fullFormats).flatMap(([name, format]) =>
    format instanceof RegExp ? [{ name, source: format.source, flags: format.flags }] : [],
  )
  const body = `execute format($f$
      create function postrider.format_regex(format text) returns text
      language sql immutable parallel safe
      as $body$ select case format %s end $body$;
      comment on function postrider.format_regex is 'What a format matches that is a regular expression; null for others.'
    $f$, (select string_agg(format('when %L then %L', name, postrider.translated_regex(source, flags)), ' ')
      from jsonb_to_recordset($json$${JSON.stringify(formats)}$json$) as formats (name text, source text, flags text)));`
  return `do $do$ begin ${body} end $do$`
}
