import { readdir, readFile } from 'node:fs/promises'

// What Linux says of processes, by proc(5). Elsewhere the figures are 0.

/** Clock ticks of /proc are hundredths of a second. */
const TICK_US = 10_000

/** CPU time so far of the processes, user and system, with that of their children that have ended. Microseconds. */
export async function cpuTimeUs(pids: readonly number[]): Promise<number> {
  const times = await Promise.all(
    pids.map(async (pid) => {
      const fields = await statFields(pid)
      return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    }),
  )
  return times.reduce((sum, ticks) => sum + ticks, 0) * TICK_US
}

/** The processes that it has started and that still run, and those that they have started, and so on. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const names = await readdir('/proc').catch(() => [])
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = await Promise.all(pids.map(async (candidate) => Number((await statFields(candidate))[1])))
  const childrenOf = (parent: number): number[] =>
    pids.filter((_, index) => parents[index] === parent).flatMap((child) => [child, ...childrenOf(child)])
  return childrenOf(pid)
}

/** CPU time so far of all processors of the machine, and of this process with all that it has started. Microseconds. */
export async function machineCpu(): Promise<{ totalUs: number; busyUs: number; oursUs: number }> {
  const oursUs = await cpuTimeUs([process.pid, ...(await descendantsOf(process.pid))])
  const stat = await readFile('/proc/stat', 'utf8').catch(() => '')
  // user, nice, system, idle, iowait, irq, softirq, steal; what guests take is in user.
  const fields = stat.split('\n', 1)[0]!.split(/\s+/).slice(1, 9).map(Number)
  const [, , , idle = 0, iowait = 0] = fields
  const total = fields.reduce((sum, field) => sum + field, 0)
  return { totalUs: total * TICK_US, busyUs: (total - idle - iowait) * TICK_US, oursUs }
}

/** The most resident memory that the process has had, bytes. */
export function peakMemoryBytes(pid: number): Promise<number> {
  return statusBytes(pid, 'VmHWM')
}

/** Resident memory now, bytes. */
export function memoryBytes(pid: number): Promise<number> {
  return statusBytes(pid, 'VmRSS')
}

async function statusBytes(pid: number, name: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1_024
}

/** Fields 3 and following of /proc/pid/stat: after the name, which may hold anything. */
async function statFields(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
