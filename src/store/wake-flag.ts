export interface WakeFlag {
  wake(): void
  /** Resolves at the next wake, at once if there was one since the last wait, or after `ms`. */
  wait(ms: number): Promise<void>
}

/** For one waiter that looks again when woken. A wake during the look is kept for the next wait. */
export function createWakeFlag(): WakeFlag {
  let isWoken = false
  let release: (() => void) | undefined
  return {
    wake() {
      isWoken = true
      release?.()
    },
    async wait(ms) {
      if (!isWoken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          release = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      isWoken = false
      release = undefined
    },
  }
}
