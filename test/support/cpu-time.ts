const RUNS = 5

/** Milliseconds of CPU that the work takes in this thread, the least of several runs: the clock counts what others do, too. */
export function leastCpuMs(work: () => void): number {
  const times = Array.from({ length: RUNS }, () => {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000
  })
  return Math.min(...times)
}
