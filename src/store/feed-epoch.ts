import type { Sql } from './sql.ts'

/** As WAL is written now: what pg_control_checkpoint() says changes with the first checkpoint after a failover only. */
const TIMELINE = `(select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline)`

/**
 * Transaction ids give the feed its order only within one history of one cluster. A database that was restored
 * (another system identifier, another timeline, or transaction ids behind those seen) begins a new epoch, so that
 * cursors of the lost history are told apart. Epochs are unix seconds: two restores of one backup differ too. The row is
 * read by each statement that writes or reads the feed: a failover must not leave processes in different epochs.
 */
export async function checkFeedEpoch(sql: Sql): Promise<void> {
  await sql(
    `update feed_epoch f set
       epoch = case
         when f.system_identifier <> s.system_identifier::text or f.timeline <> t.timeline
           or f.highest_xid > pg_current_xact_id()
         then greatest(f.epoch + 1, extract(epoch from now())::bigint) else f.epoch end,
       system_identifier = s.system_identifier::text,
       timeline = t.timeline,
       highest_xid = pg_current_xact_id()
     from pg_control_system() s, ${TIMELINE} t`,
  )
}
