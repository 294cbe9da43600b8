import type { Options } from 'amqplib'
import type { Classification, Host, Settings, Shared } from 'postrider/connector'
import { openConnection } from './open-connection.ts'
import { type Close, closeOf, noWord, verdictOfClose } from './refusal.ts'
import type { Config, Credentials } from './settings.ts'

interface Message {
  readonly exchange: string
  readonly routingKey: string
  readonly content: Buffer
  /** `correlationId` tells the messages of one channel apart. */
  readonly options: Options.Publish & { readonly correlationId: string }
}

/** A connection and its one confirm channel, which all deliveries of a destination share. */
export interface Publisher {
  /** Resolves as soon as the broker has said what it made of the message. */
  publish(message: Message): Promise<Classification>
}

/** `lost` is called when the broker has closed either: the next delivery opens both anew. */
export async function openPublisher(
  host: Host,
  settings: Settings<Config, Credentials>,
  lost: () => void,
): Promise<Shared<Publisher>> {
  const { model, close } = await openConnection(host, settings)
  /** Ends of the messages that wait for a confirmation. */
  const waiting = new Set<(verdict: Classification) => void>()
  /** By correlation id. A return comes before the confirmation. */
  const returned = new Set<string>()
  let ended: Close | undefined
  const end = (error?: unknown) => {
    ended ??= error ? closeOf(error) : noWord
    lost()
  }
  model.on('error', end)
  model.on('close', end)
  model.on('blocked', () => {
    for (const settle of waiting) settle(shortOfMemory)
    // Its next connection is told so too, and no message waits behind those of before.
    end()
  })
  try {
    const channel = await model.createConfirmChannel()
    channel.on('error', end)
    channel.on('return', ({ properties }) => returned.add(properties.correlationId))
    const publish = (message: Message) =>
      new Promise<Classification>((resolve) => {
        const { exchange, routingKey, content, options } = message
        const settle = (verdict: Classification) => {
          waiting.delete(settle)
          resolve(verdict)
        }
        const suspect = { routingKey, sizeBytes: content.length }
        const onConfirm = (error: Error | null) => {
          const isReturned = returned.delete(options.correlationId)
          if (!error) settle(isReturned ? unroutable(message) : { kind: 'success' })
          else settle(error.message === 'message nacked' ? nacked : verdictOfClose(ended ?? noWord, suspect))
        }
        if (ended) return settle(verdictOfClose(noWord, suspect))
        waiting.add(settle)
        channel.publish(exchange, routingKey, content, options, onConfirm)
      })
    return { value: { publish }, close }
  } catch (error) {
    await close()
    throw error
  }
}

const nacked: Classification = { kind: 'retry', reason: 'The broker could not take the message (nack)' }

const shortOfMemory: Classification = {
  kind: 'retry',
  reason: 'The broker takes no messages while it is short of memory or disk',
}

/**
 * Tried again, because bindings are made by consumers, which may start after the first event: what fails for good would be
 * lost to them. A destination that shall only get what is bound can be limited to those event types.
 */
function unroutable({ exchange, routingKey }: Message): Classification {
  const missing = exchange === '' ? `There is no queue "${routingKey}"` : `No queue is bound for "${routingKey}"`
  return { kind: 'retry', reason: `${missing}: the broker returned the message` }
}
