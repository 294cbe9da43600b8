import type { Uuid } from './id.ts'

/** Sorts before every id. It is nobody's, and passes for an id of any kind. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000' as Uuid<never>
