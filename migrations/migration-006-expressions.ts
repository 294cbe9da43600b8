import { Migration } from '@mikro-orm/migrations'

/** Customers' expressions: which events go out, and as what. */
export class ExpressionsMigration extends Migration {
  override up(): void {
    this.addSql('alter table destination add column filter text, add column transform text')
  }
}
