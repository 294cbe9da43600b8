import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/graphiql/',
  logLevel: 'warn',
  build: {
    outDir: '../../dist/graphiql',
    emptyOutDir: true,
    reportCompressedSize: false,
    // Monaco is one chunk of about 3 MB, and nobody waits for it over a slow network.
    chunkSizeWarningLimit: Number.POSITIVE_INFINITY,
    // "use client" of React libraries: about seventy warnings that mean nothing without a React server.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  worker: { format: 'es' },
})
