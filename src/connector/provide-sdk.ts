import { registerHooks } from 'node:module'

const sdkUrl = new URL('index.ts', import.meta.url).href
let isProvided = false

/** Whatever imports "postrider/connector" from now on, wherever it is installed, gets this process's own. */
export function provideSdk(): void {
  if (isProvided) return
  isProvided = true
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === 'postrider/connector' ? { url: sdkUrl, shortCircuit: true } : nextResolve(specifier, context),
  })
}
