import { testConnector } from 'postrider/connector/kit'
import { afterAll, beforeAll } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { type RedisServer, startRedis } from '../../test/support/redis.ts'
import { findAbsence } from '../../test/support/tools.ts'
import connector from './index.ts'

const absence = await findAbsence('redis-server')
let redis: RedisServer | undefined
beforeAll(async () => {
  if (!absence) redis = await startRedis(makeCertificate('IP:127.0.0.1'))
}, 120_000)
afterAll(async () => redis?.[Symbol.asyncDispose]())

const live = () => {
  if (absence) throw new Error(absence.message)
  return {
    config: { host: '127.0.0.1', port: redis!.port, tls: false, stream: 'kit' },
    credentials: { password: redis!.password },
  }
}

testConnector(connector, absence?.isTolerated ? {} : { live })
