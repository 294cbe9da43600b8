import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from './support/database.ts'
import { startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

test("beside a product's tables of the same names, in a schema of its own, as a role that is no superuser", async () => {
  await using empty = await createTestDatabase()
  const role = `postrider_${randomBytes(4).toString('hex')}`
  const database = new URL(empty.url)
  database.pathname = `/${database.pathname.slice(1)}_shared`
  const name = database.pathname.slice(1)
  await empty.query(`create database ${name}`)
  const owner = new pg.Client(database.href)
  await owner.connect()
  try {
    await owner.query('create table event (id int); create table organization (id int)')
    // What docs/guides/publish-from-your-transaction.md says.
    await owner.query(`create role ${role} login password 'secret'`)
    await owner.query(`grant create on database ${name} to ${role}`)
    await owner.query(`create schema ${role} authorization ${role}`)
    database.username = role
    database.password = 'secret'
    await using receiver = await startReceiver()
    await using postrider = await startTestPostrider({}, { database: { ...empty, url: database.href } })
    const backend = await postrider.application()
    await backend.hook(receiver.url)
    const { rows } = await owner.query(`select postrider.publish($1, 'acme', 'a', '{"n":1}') as id`, [
      backend.applicationId,
    ])
    const request = await receiver.request(1)
    expect(request.headers['webhook-id']).toBe(rows[0].id)
    const tables = await owner.query("select tablename from pg_tables where schemaname = 'public' order by 1")
    expect(tables.rows.map((row) => row.tablename)).toEqual(['event', 'organization'])
  } finally {
    await owner.end()
    await empty.query(`drop database ${name} with (force)`)
    await empty.query(`drop role ${role}`)
  }
})
