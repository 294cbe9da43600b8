import type { Uuid } from './id.ts'

/** Nobody's id, and less than any other: pages over ids begin after it. It passes for an id of any kind. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000' as Uuid<never>
