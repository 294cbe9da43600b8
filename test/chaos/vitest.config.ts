import { mergeConfig } from 'vitest/config'
import config from '../../vitest.config.ts'

/** npm run chaos: the same files at their full size, one after the other, so that each has the machine to itself. */
export default mergeConfig(config, { test: { provide: { chaosForm: 'long' }, maxWorkers: 1, dir: 'test/chaos' } })
