import { testConnector } from 'postrider/connector/kit'
import { afterAll, beforeAll } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { type RedisServer, startRedis, whyNoRedis } from '../../test/support/redis.ts'
import connector from './index.ts'

const missing = await whyNoRedis()
let redis: RedisServer | undefined
beforeAll(async () => {
  if (!missing) redis = await startRedis(makeCertificate('IP:127.0.0.1'))
}, 120_000)
afterAll(async () => redis?.[Symbol.asyncDispose]())

const live = () => ({
  config: { host: '127.0.0.1', port: redis!.port, tls: false, stream: 'kit' },
  credentials: { password: redis!.password },
})

testConnector(connector, missing ? {} : { live })
