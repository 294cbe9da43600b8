import { registerHooks } from 'node:module'
import path from 'node:path'

/** Compiled or not, as this file is. */
const sdkUrl = new URL(`index${path.extname(import.meta.filename)}`, import.meta.url).href
let isProvided = false

/**
 * Whatever imports "postrider/connector" from now on, wherever it is installed, gets this process's own. "zod", which
 * connectors have as a peer, is ours too where none is installed beside them.
 */
export function provideSdk(): void {
  if (isProvided) return
  isProvided = true
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === 'postrider/connector') return { url: sdkUrl, shortCircuit: true }
      if (specifier !== 'zod') return nextResolve(specifier, context)
      try {
        return nextResolve(specifier, context)
      } catch {
        return nextResolve(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}
