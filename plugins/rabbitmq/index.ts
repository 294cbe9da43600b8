import { defineConnector } from 'postrider/connector'
import { check } from './check.ts'
import { openPublisher } from './publisher.ts'
import { Refusal } from './refusal.ts'
import { configSchema, credentialsSchema, routingKeyFor, urlFor } from './settings.ts'

/** The event as the application publishes it, as a message of AMQP 0-9-1, confirmed by the broker. */
export default defineConnector({
  apiVersion: 1,
  key: 'rabbitmq',
  version: '1.0.0',
  displayName: 'RabbitMQ',
  description: 'Publishes each event to an exchange, and waits until the broker has confirmed it.',
  category: 'queue',
  config: configSchema,
  credentials: credentialsSchema,
  target: ({ config }) => ({ label: `${config.exchange || config.routingKey} at ${config.host}` }),
  buildRequest: ({ event, body, config }) => ({
    method: 'PUBLISH',
    url: urlFor(config, event),
    headers: { ...config.headers, 'content-type': config.contentType },
    body,
    sign: true,
  }),
  async deliver(host, { event, config, credentials, delivery, request }) {
    const { 'content-type': contentType, ...headers } = request.headers
    const { mandatory, persistent } = config
    try {
      const publisher = await host.share((lost) => openPublisher(host, { config, credentials }, lost))
      return await publisher.publish({
        exchange: config.exchange,
        routingKey: routingKeyFor(config, event),
        content: Buffer.from(request.body),
        options: {
          messageId: event.id,
          // Seconds, as AMQP has it.
          timestamp: Math.floor(event.createdAt.getTime() / 1_000),
          type: event.type,
          appId: 'postrider',
          correlationId: delivery.id,
          contentType,
          mandatory,
          persistent,
          headers,
        },
      })
    } catch (error) {
      if (error instanceof Refusal) return error.verdict
      throw error
    }
  },
  check,
  samples: {
    config: {
      host: 'mq.example.com',
      port: 5_671,
      tls: true,
      vhost: '/',
      exchange: 'events',
      routingKey: '{{type}}',
      mandatory: true,
      persistent: true,
      contentType: 'application/json',
      headers: { region: 'eu' },
    },
    credentials: { user: 'courier', password: 'made-up-password' },
    rejects: [
      { config: { host: 'amqps://mq.example.com' }, path: ['config', 'host'] },
      { config: { host: 'mq.example.com', port: 0 }, path: ['config', 'port'] },
      { config: { host: 'mq.example.com', routingKey: '{{order.id}}' }, path: ['config', 'routingKey'] },
      { config: { host: 'mq.example.com', headers: { 'Not A Name': 'x' } }, path: ['config', 'headers', 'Not A Name'] },
      { credentials: { user: 'courier' }, path: ['credentials', 'password'] },
    ],
  },
})
