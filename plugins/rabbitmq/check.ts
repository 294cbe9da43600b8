import { type CheckIssue, type Host, placeholdersOf, type Settings } from 'postrider/connector'
import { openConnection } from './open-connection.ts'
import { closeOf, Refusal } from './refusal.ts'
import type { Config, Credentials } from './settings.ts'

/** Connects, and asks for the exchange, or for the queue where the default exchange leads to a single one. */
export async function check(host: Host, settings: Settings<Config, Credentials>): Promise<readonly CheckIssue[]> {
  const { exchange, routingKey } = settings.config
  try {
    const { model, close } = await openConnection(host, settings)
    try {
      const channel = await model.createChannel()
      // What the broker says against it comes as a rejection too.
      channel.on('error', () => undefined)
      if (exchange !== '') await channel.checkExchange(exchange)
      else if (placeholdersOf(routingKey).length === 0) await channel.checkQueue(routingKey)
      return []
    } catch (error) {
      const { text } = closeOf(error)
      if (!text) throw error
      return [{ message: `The broker said: ${text}`, path: ['config', exchange === '' ? 'routingKey' : 'exchange'] }]
    } finally {
      await close()
    }
  } catch (error) {
    if (error instanceof Refusal) return [{ message: error.message, path: error.path }]
    throw error
  }
}
