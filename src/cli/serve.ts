import { type Command, Option } from 'commander'
import { type Cli, type ServerRole, serverRoles } from './cli.ts'
import { examples } from './examples.ts'

export function addServe(program: Command, cli: Cli): void {
  program
    .command('serve')
    .description('Run the server until it is told to stop. This is what postrider does without a command.')
    .addOption(new Option('--role <role>', 'api or worker: one half of it').choices(serverRoles).default('all'))
    .addHelpText('after', examples('postrider', 'postrider serve --role worker'))
    .action(({ role }: { role: ServerRole }) => cli.serve(role))
}
