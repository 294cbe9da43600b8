import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'

export function addServe(program: Command, cli: Cli): void {
  program
    .command('serve')
    .description('Run the server until it is told to stop. This is what postrider does without a command.')
    .option('--role <role>', 'api or worker: one half of it (default: both)', 'all')
    .addHelpText('after', examples('postrider', 'postrider serve --role worker'))
    .action(({ role }: { role: string }) => cli.serve(role))
}
