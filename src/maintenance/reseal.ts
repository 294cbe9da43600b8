import type { Uuid } from '../domain/id.ts'
import { NIL_UUID } from '../domain/nil-uuid.ts'
import { credentialsPlace, headerValuesPlace, signingSecretPlace } from '../store/destination.ts'
import type { SecretBox, SecretPlace } from '../store/secret-box.ts'
import type { Sql } from '../store/sql.ts'

/** What came of sealing everything anew. */
export interface Resealed {
  /** Secrets that are under the first key now and were not. */
  readonly count: number
  /** Secrets that none of the keys opens: these are as they were. */
  readonly unopened: number
}

interface Column {
  readonly table: 'destination' | 'signing_secret' | 'connector_job'
  readonly name: string
  /** Yields id, organizationId and sealed, of rows after $1 in the order of their ids, at most $2. */
  readonly rows: string
  place(row: Row): SecretPlace
}

const CHUNK = 500

const ofDestination = (name: string, table = 'destination') =>
  `select id, organization_id as "organizationId", ${name} as sealed from ${table}
   where id > $1 and ${name} is not null order by id limit $2`

const columns: readonly Column[] = [
  { table: 'destination', name: 'credentials', rows: ofDestination('credentials'), place: credentialsPlace },
  { table: 'destination', name: 'header_values', rows: ofDestination('header_values'), place: headerValuesPlace },
  {
    table: 'connector_job',
    name: 'credentials',
    rows: ofDestination('credentials', 'connector_job'),
    place: credentialsPlace,
  },
  {
    table: 'signing_secret',
    name: 'secret',
    rows: `select s.id, d.organization_id as "organizationId", s.secret as sealed
      from signing_secret s join destination d on d.id = s.destination_id where s.id > $1 order by s.id limit $2`,
    place: ({ id, organizationId }) => signingSecretPlace(organizationId, id),
  },
]

/** Seals every secret with the first key. A row that is changed meanwhile was sealed by that change. */
export async function resealSecrets(sql: Sql, box: SecretBox): Promise<Resealed> {
  let count = 0
  let unopened = 0
  for (const column of columns) {
    for (let after: string | undefined = NIL_UUID; after; ) {
      const rows: Row[] = await sql<Row>(column.rows, [after, CHUNK])
      for (const row of rows.filter(({ sealed }) => !box.isCurrent(sealed))) {
        if (await resealRow(sql, box, { column, row })) count += 1
        else unopened += 1
      }
      after = rows.length === CHUNK ? rows.at(-1)!.id : undefined
    }
  }
  return { count, unopened }
}

interface Row {
  /** Of a destination or a signing secret, as the column's table says. */
  readonly id: Uuid<never>
  readonly organizationId: Uuid<'org'>
  readonly sealed: string
}

async function resealRow(sql: Sql, box: SecretBox, { column, row }: { column: Column; row: Row }): Promise<boolean> {
  const place = column.place(row)
  let plain: string
  try {
    plain = box.open(row.sealed, place)
  } catch {
    return false
  }
  const { table, name } = column
  await sql(`update ${table} set ${name} = $3 where id = $1 and ${name} = $2`, [
    row.id,
    row.sealed,
    box.seal(plain, place),
  ])
  return true
}
