import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Start a Redis or a RabbitMQ of their own. */
const brokers = ['plugins/redis/*.test.ts', 'plugins/rabbitmq/*.test.ts']

export default defineConfig({
  resolve: {
    alias: {
      // vitest would take graphql's ES module beside the CommonJS one that others load: two realms, and nothing fits.
      graphql: fileURLToPath(new URL('./node_modules/graphql/index.js', import.meta.url)),
      // What guides and plugins import, as it is here and not as it was built last; tsconfig.json says the same. The
      // longest first.
      'postrider/client': fileURLToPath(new URL('./src/client/index.ts', import.meta.url)),
      'postrider/connector/kit': fileURLToPath(new URL('./src/kit/index.ts', import.meta.url)),
      'postrider/connector': fileURLToPath(new URL('./src/connector/index.ts', import.meta.url)),
    },
  },
  test: {
    globalSetup: 'test/support/global-setup.ts',
    // How much the tests of test/chaos do; npm run chaos has a configuration of its own.
    provide: { chaosForm: 'short' },
    pool: 'forks',
    // Tests wait more than they compute.
    maxWorkers: 4,
    // Only what hangs should run into these: machines that others use too are five times slower at times.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    server: { deps: { inline: [/^(?!.*node_modules).*$/] } },
    projects: [
      // `npm test`: these need nothing but npm.
      shared('behaviour', ['test/*.test.ts', 'test/products/*.test.ts']),
      shared('connectors', ['plugins/*/*.test.ts', 'test/kit/*.test.ts'], brokers),
      // Change what a process has only one of, such as the certificates that it trusts and its timers.
      isolated('isolated', ['test/isolated/*.test.ts']),
      // `npm run test:all` runs these as well.
      shared('attacks', ['test/attacks/*.test.ts']),
      shared('author', ['test/author/*.test.ts']),
      shared('brokers', brokers),
      shared('browser', ['test/browser/*.test.ts']),
      shared('chaos', ['test/chaos/*.test.ts']),
      shared('process', ['test/process/*.test.ts']),
      shared('rows', ['test/rows/*.test.ts']),
    ],
  },
})

/** The files of a worker share its modules: the server is imported once, not for each file. */
function shared(name: string, include: string[], exclude: string[] = []) {
  return { test: { name, include, exclude, isolate: false } }
}

function isolated(name: string, include: string[]) {
  return { test: { name, include } }
}
