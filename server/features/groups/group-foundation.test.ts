import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { enterTenant, openConnection, openDb } from '#server/kernel/db.ts'
import { makeLog } from '#server/kernel/log.ts'
import { migrate } from '#server/kernel/migrate.ts'
import { createDatabase } from '../../../testing/database.ts'
import { foundGroups } from './group-foundation.ts'

const here = new URL('../../../migrations/', import.meta.url)
const log = makeLog('silent')
const earlier = ['00000000000a', '00000000000b']
const fresh = '00000000000c'
const then = new Date('2026-01-01T00:00:00Z')

const database = await createDatabase('group_foundation')
const client = await openConnection(database.connection)
const db = openDb(database.connection, log)
const folder = await mkdtemp(join(tmpdir(), 'ekso-groups-'))
after(async () => {
  await client.end()
  await db.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

async function migrateUpTo(last: string): Promise<void> {
  for (const name of await readdir(here))
    if (name <= last) await copyFile(new URL(name, here), join(folder, name))
  await migrate(database.connection, log, pathToFileURL(`${folder}/`))
}

async function plantTenant(tenantId: string): Promise<void> {
  await client.query(`insert into tenants (id, domain, name, created) values ($1, $2, 'x', $3)`, [
    tenantId,
    `old-${tenantId.slice(-1)}`,
    then
  ])
}

async function plantUser(tenantId: string, id: string, isSuperAdmin: boolean): Promise<void> {
  await client.query('begin')
  await client.query(`select set_config('ekso.tenant_id', $1, true)`, [tenantId])
  await client.query(
    `insert into users (tenant_id, id, name, email, email_key, is_super_admin, created, created_by, updated, updated_by)
      values ($1, $2, 'jane', $2 || '@x.example', $2 || '@x.example', $3, $4, '-', $4, '-')`,
    [tenantId, id, isSuperAdmin, then]
  )
  await client.query('commit')
}

/** Area, role and the kinds of groups that have it; and who is in which group. */
async function rightsOf(tenantId: string) {
  const grants = await db.read({ tenantId }, (tables) =>
    tables
      .selectFrom('access_controls')
      .leftJoin('access_control_groups', 'access_control_id', 'access_controls.id')
      .leftJoin('user_groups', 'user_groups.id', 'group_id')
      .select(['area', 'role', 'is_system', 'kind', 'user_groups.name', 'name_key'])
      .orderBy('area')
      .orderBy('role')
      .orderBy('kind')
  )
  const members = await db.read({ tenantId }, (tables) =>
    tables
      .selectFrom('user_group_members')
      .innerJoin('user_groups', 'id', 'group_id')
      .select(['kind', 'user_id'])
  )
  return { grants, members }
}

test('a workspace from before groups gets what a new one starts with, its super admins as Administrators', async () => {
  await client.query('drop schema public cascade; create schema public')
  await migrateUpTo('0002-people.sql')
  for (const tenantId of earlier) {
    await plantTenant(tenantId)
    await plantUser(tenantId, 'user_admin', true)
    await plantUser(tenantId, 'user_other', false)
  }
  await migrateUpTo('0006-groups.sql')
  await plantTenant(fresh)
  await db.install(async (tx) => {
    await enterTenant(tx, fresh)
    await foundGroups(tx, then, fresh)
  })
  const { grants } = await rightsOf(fresh)
  assert.ok(grants.length > 30, 'the reader saw too few')
  for (const tenantId of earlier) {
    const rights = await rightsOf(tenantId)
    assert.deepEqual(rights.grants, grants)
    assert.deepEqual(rights.members, [{ kind: 'administrators', user_id: 'user_admin' }])
    const users = await db.read({ tenantId }, (tables) =>
      tables.selectFrom('users').select(['initials', 'active', 'timezone']).orderBy('id')
    )
    assert.deepEqual(users, Array(2).fill({ initials: 'J', active: true, timezone: 'UTC' }))
  }
})

test('ids that a migration makes look and sort like those of the server', async () => {
  const [group] = await db.read({ tenantId: earlier[0] ?? '' }, (tables) =>
    tables.selectFrom('user_groups').select('id')
  )
  const [made] = await db.read({ tenantId: fresh }, (tables) => tables.selectFrom('user_groups').select('id'))
  assert.match(group?.id ?? '', /^group_0[0-9a-z]{25}$/)
  assert.equal(group?.id.slice(0, 10), made?.id.slice(0, 10), 'the same hour begins alike')
})
