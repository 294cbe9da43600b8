/** Runs tasks in their order: at most `most` in one turn of the event loop, so that many at once hold up nothing else. */
export function createPace(most: number): (task: () => void) => void {
  const waiting: (() => void)[] = []
  let isScheduled = false

  function run(): void {
    for (const task of waiting.splice(0, most)) task()
    isScheduled = waiting.length > 0
    if (isScheduled) setImmediate(run)
  }

  return (task) => {
    waiting.push(task)
    if (isScheduled) return
    isScheduled = true
    setImmediate(run)
  }
}
