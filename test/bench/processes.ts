import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { type PostriderProcess, postmasterPid, startProcess } from '../support/process.ts'

export interface BenchReceiver extends AsyncDisposable {
  readonly url: string
  /** Requests so far, and the latencies since the last look, milliseconds. */
  look(): Promise<{ count: number; latencies: number[] }>
}

export async function startBenchReceiver(): Promise<BenchReceiver> {
  const child = fork(path.join(import.meta.dirname, 'receiver.ts'), { execArgv: ['--import', 'tsx'] })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    url: `http://127.0.0.1:${port}/hook`,
    async look() {
      child.send('look')
      const [seen] = await once(child, 'message')
      return seen as { count: number; latencies: number[] }
    },
    [Symbol.asyncDispose]: () => end(child),
  }
}

async function end(child: ChildProcess): Promise<void> {
  child.kill()
  await once(child, 'exit')
}

export interface BenchServer extends AsyncDisposable {
  readonly process: PostriderProcess
  /** CPU time of the server and of its Postgres so far, microseconds. */
  cpuUs(): Promise<number>
  /** Resident memory of the server, bytes. */
  residentBytes(): Promise<number>
}

/** The product as it is started by hand, Postgres included, fsync on. */
export async function startBenchServer(): Promise<BenchServer> {
  const server = await startProcess()
  const postmaster = await postmasterPid(server.dataDir)
  return {
    process: server,
    async cpuUs() {
      const pids = [server.pid, postmaster!, ...(await childrenOf(postmaster!))]
      const times = await Promise.all(pids.map(cpuUsOf))
      return times.reduce((sum, time) => sum + time, 0)
    },
    async residentBytes() {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1_024
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Clock ticks of /proc are hundredths of a second on Linux. */
const TICK_US = 10_000

/** User and system time, also of children that have ended: proc(5), /proc/pid/stat, fields 14 to 17. */
async function cpuUsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * TICK_US
}

async function childrenOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = await Promise.all(
    pids.map(async (candidate) => {
      const stat = await readFile(`/proc/${candidate}/stat`, 'utf8').catch(() => '')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    }),
  )
  return pids.filter((_, index) => parents[index] === pid)
}
