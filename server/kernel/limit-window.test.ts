import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createDatabase } from '../../testing/database.ts'
import { addSeconds } from './clock.ts'
import { openDb } from './db.ts'
import { clearHits, countHit, type Limit, sweepLimitHits } from './limit-hits.ts'
import { makeLog } from './log.ts'
import { makeSecrets } from './secrets.ts'

const database = await createDatabase('limit_window')
const db = openDb(database.connection, makeLog('silent'))
after(async () => {
  await db.close()
  await database.drop()
})

const secrets = makeSecrets('a secret of thirty-two bytes or more')
const start = new Date('2026-01-01T00:00:00Z')
const limit: Limit = { name: 'tries', quota: 3, windowSeconds: 60 }

const hit = (seconds: number, subject: string, of = limit) =>
  db.install((tx) => countHit(tx, secrets, addSeconds(start, seconds), of, subject))
const buckets = async () =>
  (await db.install((tx) => tx.selectFrom('limit_hits').selectAll().execute())).length

test('a window slides: a hit leaves it as long after it came as the window is', async () => {
  const told = []
  for (const seconds of [0, 30, 50, 55, 59.9, 60, 61, 90, 109])
    told.push([seconds, (await hit(seconds, 'sliding')).isWithin])
  assert.deepEqual(told, [
    [0, true],
    [30, true],
    [50, true],
    [55, false],
    [59.9, false],
    [60, true],
    [61, false],
    [90, true],
    [109, false]
  ])
})

test('each answer says what is left and when the next one fits', async () => {
  assert.deepEqual(await hit(0, 'told'), { isWithin: true, remaining: 2, resetSeconds: 60 })
  assert.deepEqual(await hit(10, 'told'), { isWithin: true, remaining: 1, resetSeconds: 50 })
  assert.deepEqual(await hit(20, 'told'), { isWithin: true, remaining: 0, resetSeconds: 40 })
  assert.deepEqual(await hit(30, 'told'), { isWithin: false, remaining: 0, resetSeconds: 30 })
  assert.deepEqual(await hit(30.5, 'told'), { isWithin: false, remaining: 0, resetSeconds: 30 })
  // To wait exactly as long as was said is enough.
  assert.equal((await hit(60, 'told')).isWithin, true)
})

test('a refused hit is not counted and does not lengthen the wait', async () => {
  for (const seconds of [0, 0, 0]) await hit(seconds, 'patient')
  for (let seconds = 1; seconds < 60; seconds += 3)
    assert.equal((await hit(seconds, 'patient')).isWithin, false)
  assert.equal((await hit(60, 'patient')).isWithin, true)
})

test('racing hits never get more than the quota in', async () => {
  for (const subject of ['race one', 'race two']) {
    const told = await Promise.all(Array.from({ length: 40 }, (_, at) => hit(at / 100, subject)))
    assert.equal(told.filter(({ isWithin }) => isWithin).length, 3)
  }
})

test('subjects, limits and secrets count apart, and the table names nobody', async () => {
  for (const seconds of [0, 1, 2]) await hit(seconds, '192.0.2.1')
  assert.equal((await hit(3, '192.0.2.2')).isWithin, true)
  assert.equal((await hit(3, '192.0.2.1', { ...limit, name: 'others' })).isWithin, true)
  const rows = await db.install((tx) => tx.selectFrom('limit_hits').selectAll().execute())
  assert.ok(rows.every(({ bucket }) => bucket.length === 32 && !bucket.toString('latin1').includes('192.0')))
})

test('a rule that fails takes its hit back; a clearing forgets all', async () => {
  await assert.rejects(
    db.install(async (tx) => {
      await countHit(tx, secrets, start, limit, 'failed')
      throw new Error('afterwards')
    })
  )
  assert.equal((await hit(0, 'failed')).remaining, 2)
  for (const seconds of [0, 1, 2]) await hit(seconds, 'cleared')
  await db.install((tx) => clearHits(tx, secrets, limit, 'cleared'))
  assert.deepEqual(await hit(3, 'cleared'), { isWithin: true, remaining: 2, resetSeconds: 60 })
})

test('a clock that goes back a little counts no less', async () => {
  for (const seconds of [100, 99, 98]) await hit(seconds, 'backwards')
  assert.equal((await hit(99.5, 'backwards')).isWithin, false)
  assert.equal((await hit(159, 'backwards')).isWithin, true)
})

test('a row never holds more hits than its quota', async () => {
  for (let seconds = 0; seconds < 600; seconds += 7) await hit(seconds, 'bounded')
  const rows = await db.install((tx) => tx.selectFrom('limit_hits').select('hits').execute())
  assert.ok(rows.every(({ hits }) => hits.length <= limit.quota))
})

test('the sweep takes what has passed, in batches, and nothing that still counts', async () => {
  await db.install((tx) => tx.deleteFrom('limit_hits').execute())
  for (let at = 0; at < 10; at++) await hit(at, `swept ${at}`)
  const sweep = (seconds: number, most: number) =>
    db.install((tx) => sweepLimitHits(tx, addSeconds(start, seconds), most))
  assert.equal(await sweep(59, 100), 0)
  assert.equal(await sweep(64, 3), 3)
  assert.equal(await sweep(64, 100), 2)
  assert.equal(await buckets(), 5)
  assert.equal((await hit(64, 'swept 5')).remaining, 1)
  // Two sweepers at once share the work rather than wait for each other.
  const swept = await Promise.all([sweep(600, 100), sweep(600, 100)])
  assert.equal(
    swept.reduce((sum, count) => sum + count, 0),
    5
  )
})
