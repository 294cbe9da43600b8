import type { Account, Owner } from './account.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { runToEnd } from './process.ts'

/** The first account that can reach the data folder and the binaries; initdb itself is asked whether all is well. */
export async function chooseAccount(dataDir: string, binaries: PostgresBinaries): Promise<Account> {
  if (process.geteuid?.() !== 0) return ourselves
  const refusals: string[] = []
  for (const account of await accountsForRoot()) {
    try {
      await runToEnd(account, {
        command: ['/bin/sh', '-c', 'cd "$1" && exec "$2" --show --pgdata="$1"', 'sh', dataDir, binaries.initdb],
        cwd: '/',
      })
      return account
    } catch (error) {
      refusals.push(`as ${account.name}: ${(error as Error).message}`)
    }
  }
  const advice = 'Run as an ordinary user, or set DATABASE_URL.'
  throw new Error(`Postgres refuses to run as root, and cannot run as another. ${advice}\n${refusals.join('\n')}`)
}

async function accountsForRoot(): Promise<Account[]> {
  const postgres = (await findUser('postgres')) ?? (await createUser('postgres'))
  const nobody = await findUser('nobody')
  return [
    ...(postgres ? [userAccount(postgres)] : []),
    // Past folders that are closed to others, such as a 0700 home, without more power than that needs. Reading alone
    // would do, but containers often have only the second.
    ...(postgres ? ['dac_read_search', 'dac_override'].map((power) => capableAccount(postgres, power)) : []),
    // Where root may not become another user. initdb wants a user id that has a name.
    namespaceAccount(nobody?.uid ?? 1000),
  ]
}

function userAccount(user: Owner): Account {
  return { name: 'user postgres', prefix: [], spawnAs: user, filesOf: user }
}

function capableAccount(user: Owner, power: string): Account {
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  // Without no_setuid_fixup access(2) looks at the user alone, and initdb asks it about the binaries.
  const powers = ['--securebits=+no_setuid_fixup', `--inh-caps=+${power}`, `--ambient-caps=+${power}`]
  return { name: `user postgres with ${power}`, prefix: ['setpriv', ...identity, ...powers], filesOf: user }
}

/** Inside, root looks like another user and has lost its powers; outside, its files are root's. */
function namespaceAccount(uidInside: number): Account {
  const prefix = ['unshare', '--user', `--map-user=${uidInside}`]
  return { name: 'root in a user namespace', prefix, filesOf: { uid: 0, gid: 0 } }
}

async function createUser(name: string): Promise<Owner | undefined> {
  const command = ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]
  // Two that start at once may both try; what counts is whether the user is there.
  await runToEnd(ourselves, { command, cwd: '/' }).catch(() => {})
  return findUser(name)
}

async function findUser(name: string): Promise<Owner | undefined> {
  try {
    const uid = Number(await runToEnd(ourselves, { command: ['id', '-u', name], cwd: '/' }))
    const gid = Number(await runToEnd(ourselves, { command: ['id', '-g', name], cwd: '/' }))
    return { uid, gid }
  } catch {
    return undefined
  }
}

const ourselves: Account = { name: 'this user', prefix: [] }
