import type { Pool, PoolClient } from 'pg'
import { createAttemptFeed } from 'postrider/client'

/** Makes a row of each attempt, until the signal ends it. Started again, it goes on where it was. */
export async function followAttempts(
  db: Pool,
  options: { url: string; key: string; signal: AbortSignal },
): Promise<void> {
  const kept = await db.query<{ cursor: string }>("select cursor from feed_cursor where name = 'attempts'")
  for await (const item of createAttemptFeed({ ...options, after: kept.rows[0]?.cursor })) {
    if (item.kind === 'reset') console.warn(`Some attempts can no longer be told: ${item.reason}`)
    // The row and the cursor together: whatever is killed, they agree.
    await inTransaction(db, async (transaction) => {
      if (item.kind === 'attempt') {
        const { id, outcome, startedAt, delivery } = item.attempt
        await transaction.query(
          `insert into webhook_attempt (id, event_id, outcome, started_at) values ($1, $2, $3, $4)
           on conflict (id) do nothing`,
          [id, delivery?.eventId, outcome, startedAt],
        )
      }
      await transaction.query(
        `insert into feed_cursor (name, cursor) values ('attempts', $1)
         on conflict (name) do update set cursor = excluded.cursor`,
        [item.cursor],
      )
    })
  }
}

async function inTransaction(db: Pool, work: (transaction: PoolClient) => Promise<void>): Promise<void> {
  const client = await db.connect()
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
    client.release()
  } catch (error) {
    // A connection that is closed rolls back.
    client.release(true)
    throw error
  }
}
