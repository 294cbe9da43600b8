export interface Alarm {
  wake(): void
  /** Resolves at the next wake, at once if there was one since the last wait, or after `ms`. */
  wait(ms: number): Promise<void>
}

/** For one waiter that looks again when woken: a wake while it looks is not lost. */
export function createAlarm(): Alarm {
  let rung = false
  let release: (() => void) | undefined
  return {
    wake() {
      rung = true
      release?.()
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          release = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      rung = false
      release = undefined
    },
  }
}
