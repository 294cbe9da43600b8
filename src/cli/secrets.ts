import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { examples } from './examples.ts'

export function addSecrets(program: Command, cli: Cli): void {
  const secrets = program.command('secrets').description('rotate: seal what is secret with another key.')
  secrets
    .command('rotate')
    .description('Seal all secrets with the first of POSTRIDER_SECRET_KEYS, so that the other keys can go.')
    .addHelpText('after', examples('postrider secrets rotate'))
    .action(async () => {
      const [{ readConfig }, { rotateSecrets }] = await Promise.all([
        import('../app/config.ts'),
        import('./rotate-secrets.ts'),
      ])
      cli.exitCode = await rotateSecrets(readConfig(cli.environment), console.log)
    })
}
