import { base } from './base.ts'

/** Says nothing that a person could read, and comes to its major version from nowhere. */
export default { ...base, version: '2.0.0', description: 'Two\nlines' }

/** Nothing that a server would load. */
export const nameless = { ...base, key: 'Not A Key' }
