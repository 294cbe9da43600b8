import { type CheckIssue, type Host, placeholdersOf, type Settings } from 'postrider/connector'
import { openClient, refused } from './open-client.ts'
import { Refusal } from './refusal.ts'
import type { Config, Credentials } from './settings.ts'

/** Logs in, says PING, and looks at the key where there is a single one. */
export async function check(host: Host, settings: Settings<Config, Credentials>): Promise<readonly CheckIssue[]> {
  try {
    const { value: client, close } = await openClient(host, settings, () => undefined)
    try {
      await client.call('PING')
      const { stream } = settings.config
      return placeholdersOf(stream).length > 0 ? [] : typeIssues(stream, await client.call('TYPE', stream))
    } catch (error) {
      throw refused(error)
    } finally {
      await close()
    }
  } catch (error) {
    if (error instanceof Refusal) return [{ message: error.message, path: error.path }]
    throw error
  }
}

function typeIssues(stream: string, type: string | null): CheckIssue[] {
  if (type === 'stream' || type === 'none') return []
  return [{ message: `"${stream}" is a ${type}, and no stream: choose another key`, path: ['config', 'stream'] }]
}
