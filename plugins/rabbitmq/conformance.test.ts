import { testConnector } from 'postrider/connector/kit'
import { afterAll, beforeAll } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { type RabbitMq, startRabbitMq } from '../../test/support/rabbitmq.ts'
import { findAbsence } from '../../test/support/tools.ts'
import connector from './index.ts'

const absence = await findAbsence('rabbitmq-server')
let broker: RabbitMq | undefined
beforeAll(async () => {
  if (!absence) broker = await startRabbitMq(makeCertificate('IP:127.0.0.1'))
}, 120_000)
afterAll(async () => broker?.[Symbol.asyncDispose]())

const live = () => {
  if (absence) throw new Error(absence.message)
  return {
    // Nobody has to listen: what matters here is that the broker has it.
    config: { host: '127.0.0.1', port: broker!.port, tls: false, exchange: 'amq.topic', mandatory: false },
    credentials: { user: broker!.user, password: broker!.password },
  }
}

testConnector(connector, absence?.isTolerated ? {} : { live })
