import { createSecretBox } from '../../src/store/secret-box.ts'
import { openStore, type Store } from '../../src/store/store.ts'

/** The store of a process that does nothing by itself. */
export function openTestStore({ url }: { url: string }): Promise<Store> {
  return openStore({
    databaseUrl: url,
    readPoolSize: 4,
    poolSize: 4,
    statementTimeoutMs: 60_000,
    pipelinePoolSize: 4,
    prepare: true,
    secrets: createSecretBox([{ id: 'k1', key: Buffer.alloc(32) }]),
    onError: console.error,
  })
}
