import type { Sql } from './sql.ts'

/**
 * Transaction ids give the feed its order only within one history of one cluster. A database that was restored
 * (another system identifier, another timeline, or transaction ids behind those seen) begins a new epoch, so that
 * cursors of the lost history are told apart. Epochs are unix seconds: two restores of one backup differ too.
 */
export async function openFeedEpoch(sql: Sql): Promise<number> {
  const [row] = await sql<{ epoch: string }>(
    `update feed_epoch f set
       epoch = case
         when f.system_identifier <> s.system_identifier::text or f.timeline <> c.timeline_id
           or f.highest_xid > pg_current_xact_id()
         then greatest(f.epoch + 1, extract(epoch from now())::bigint) else f.epoch end,
       system_identifier = s.system_identifier::text,
       timeline = c.timeline_id,
       highest_xid = pg_current_xact_id()
     from pg_control_system() s, pg_control_checkpoint() c
     returning f.epoch`,
  )
  return Number(row!.epoch)
}
