// The folder map of README.md as rules: who may import whom. Type-only imports count.
const rooms = {
  domain: [],
  connector: ['domain'],
  embedded: [],
  evaluate: ['domain'],
  store: ['domain'],
  outbound: ['domain', 'connector'],
  queue: ['domain', 'store'],
  feed: ['domain', 'store'],
  publish: ['domain', 'evaluate', 'store', 'queue'],
  deliver: ['domain', 'evaluate', 'connector', 'outbound', 'store', 'queue', 'publish'],
  destinations: ['domain', 'evaluate', 'connector', 'outbound', 'store', 'queue', 'publish', 'deliver'],
  maintenance: ['domain', 'connector', 'store', 'queue', 'feed', 'publish', 'deliver'],
  api: ['domain', 'evaluate', 'connector', 'store', 'feed', 'publish', 'deliver', 'destinations', 'maintenance'],
  server: ['api'],
  client: [],
}

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports`,
      comment: `src/${room} may import: ${allowed.join(', ') || 'nothing of ours'}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: {
        path: '^(src|plugins|test|migrations)/',
        pathNot: `^src/(${[room, ...allowed].join('|')})/${room === 'store' ? '|^migrations/' : ''}`,
      },
    })),
    {
      name: 'kit-imports',
      comment: 'src/kit may import connector, domain, outbound, client, embedded, and the composition root',
      severity: 'error',
      from: { path: '^src/kit/' },
      to: {
        path: '^(src|plugins|test|migrations)/',
        pathNot: '^src/(kit|connector|domain|outbound|client|embedded)/|^src/app/',
      },
    },
    {
      name: 'cli-imports',
      comment: 'src/cli may import client, domain, embedded, store, maintenance, kit, and the composition root',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        path: '^(src|plugins|test|migrations)/',
        pathNot: '^src/(cli|client|domain|embedded|store|kit|app|maintenance)/',
      },
    },
    {
      name: 'plugins-import-the-sdk-only',
      comment: 'A plugin is written as a stranger would: "postrider/connector", its own folder, and packages',
      severity: 'error',
      from: { path: '^plugins/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(src|plugins|test|migrations)/', pathNot: '^plugins/$1/|^src/connector/index\\.ts$' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^(src|plugins)/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|src/graphiql)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
