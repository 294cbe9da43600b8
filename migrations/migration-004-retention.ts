import { Migration } from '@mikro-orm/migrations'

/** How far the feed has lost its attempts to retention: null until there is such a place. */
export class RetentionMigration extends Migration {
  override up(): void {
    // The last one dropped, in the order of the feed. Beside the epoch, because each read of the feed looks there.
    this.addSql(`alter table feed_epoch
      add column dropped_epoch bigint,
      add column dropped_xid xid8,
      add column dropped_id uuid`)
  }
}
