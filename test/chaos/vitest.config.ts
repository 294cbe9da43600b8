import config from '../../vitest.config.ts'

const { projects: _, ...test } = config.test!

/** npm run chaos: the same files at their full size, one after the other, so that each has the machine to itself. */
export default {
  ...config,
  test: { ...test, include: ['test/chaos/*.test.ts'], provide: { chaosForm: 'long' }, maxWorkers: 1 },
}
