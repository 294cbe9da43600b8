import type { Id } from './id.ts'

/**
 * Whose rows a call may see and change: an application's, and within it those of one organization when the caller is
 * that customer. It stands in the `where` of every look-up, so that what is somebody else's is not found.
 */
export interface Scope {
  readonly applicationId: Id<'app'>
  readonly organizationId?: Id<'org'>
}
