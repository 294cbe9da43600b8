import type { Command } from 'commander'
import { type ApiOptions, openApi, withApiOptions } from './api.ts'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'
import { EXIT } from './exit-code.ts'
import { explainFailure, KeyMissing } from './failure.ts'
import { note } from './output.ts'

interface ImportArguments extends ApiOptions {
  readonly dataKey?: string
  readonly allowBreaking?: boolean
}

export function addCatalogue(program: Command, cli: Cli): void {
  const catalogue = program.command('catalogue').description('import: event types from an OpenAPI file.')
  const command = catalogue
    .command('import')
    .description('Make or change an event type for each of the webhooks of an OpenAPI 3.1 file. Others stay.')
    .argument('<file>', 'OpenAPI 3.1, as JSON or YAML')
    .option('--data-key <name>', 'the property of a body that is its data (default: the body is)')
    .option('--allow-breaking', 'take changes that receivers could stumble over')
    .addHelpText('after', examples('postrider catalogue import openapi.yaml --data-key data'))
    .action((file: string, options: ImportArguments) => importFile(cli, file, options))
  withApiOptions(command, { json: false })
}

/** Its exit code only says whether everything is in, as it did before the others had theirs. */
async function importFile(cli: Cli, file: string, { dataKey, allowBreaking, ...options }: ImportArguments) {
  try {
    const { send } = await openApi(cli, options)
    const { importCatalogue } = await import('./import-catalogue.ts')
    const rules = { send, dataKey, allowBreaking: allowBreaking ?? false }
    cli.exitCode = await importCatalogue(file, rules, console.log)
  } catch (error) {
    const failure = explainFailure(error)
    if (!failure) throw error
    if (error instanceof KeyMissing) note(`A file and a key are needed. ${error.message}`)
    else failure.lines.forEach(note)
    cli.exitCode = EXIT.failed
  }
}
