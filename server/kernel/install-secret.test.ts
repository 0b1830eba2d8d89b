import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createDatabase } from '../../testing/database.ts'
import { startRefused } from '../../testing/running-server.ts'
import { openDb } from './db.ts'
import { loadSecret, openSecrets } from './install-secret.ts'
import { makeLog } from './log.ts'

const folder = mkdtempSync(join(tmpdir(), 'ekso-secret-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0
const newFolder = () => join(folder, String(++folders), 'data')

const near = { publicUrl: new URL('http://localhost:6050'), secret: undefined }
const far = { publicUrl: new URL('https://ekso.example'), secret: undefined }
const strong = 'kept by hand, of thirty-two bytes or more'

test('on localhost a secret is made once and kept with mode 600 [C5-secret-made]', async () => {
  const dataDir = newFolder()
  const made = await loadSecret({ ...near, dataDir })
  assert.ok(Buffer.byteLength(made) >= 32)
  assert.equal(statSync(join(dataDir, 'secret')).mode & 0o777, 0o600)
  assert.equal(await loadSecret({ ...near, dataDir }), made)
  assert.notEqual(await loadSecret({ ...near, dataDir: newFolder() }), made)
})

test('servers that start at once make one secret and all get it [C5-secret-made]', async () => {
  for (let round = 0; round < 20; round++) {
    const dataDir = newFolder()
    const settled = await Promise.all(Array.from({ length: 8 }, () => loadSecret({ ...near, dataDir })))
    assert.deepEqual([...new Set(settled)], [readFileSync(join(dataDir, 'secret'), 'utf8').trim()])
    assert.deepEqual(readdirSync(dataDir), ['secret'])
  }
})

test('elsewhere a secret is required, and a kept one satisfies [C5-secret-required]', async () => {
  const dataDir = newFolder()
  await assert.rejects(loadSecret({ ...far, dataDir }), /EKSO_SECRET is required.*openssl rand/s)
  const made = await loadSecret({ ...near, dataDir })
  assert.equal(await loadSecret({ ...far, dataDir }), made)
})

test('a setting wins over what is kept, and then nothing is made', async () => {
  const dataDir = newFolder()
  assert.equal(await loadSecret({ ...near, secret: strong, dataDir }), strong)
  assert.throws(() => statSync(join(dataDir, 'secret')), { code: 'ENOENT' })
})

test('a kept secret may have been written by hand, with a line end or without', async () => {
  for (const text of [strong, `${strong}\n`, `${strong}\r\n`, `  ${strong}  \n\n`]) {
    const dataDir = newFolder()
    await loadSecret({ ...near, dataDir })
    writeFileSync(join(dataDir, 'secret'), text)
    assert.equal(await loadSecret({ ...far, dataDir }), strong)
  }
})

test('a kept secret that is short, empty or no text stops the start and is left as it is [C5-secret-required]', async () => {
  const bad = [
    '',
    '\n',
    ' '.repeat(64),
    's'.repeat(31),
    Buffer.alloc(64, 0xff),
    Buffer.alloc(64),
    `${strong}\n${strong}`
  ]
  for (const content of bad) {
    const dataDir = newFolder()
    await loadSecret({ ...near, dataDir })
    const path = join(dataDir, 'secret')
    writeFileSync(path, content)
    await assert.rejects(loadSecret({ ...near, dataDir }), (error: Error) => {
      assert.match(error.message, /does not hold a secret of at least 32 bytes.*backup/)
      return error.message.includes(path)
    })
    assert.deepEqual(readFileSync(path), Buffer.from(content))
  }
})

test('a secret file that cannot be read stops the start rather than being replaced', async () => {
  const dataDir = newFolder()
  await loadSecret({ ...near, dataDir: join(dataDir, 'secret') })
  // A folder in its place: nobody can read it, not even root.
  await assert.rejects(loadSecret({ ...near, dataDir }), { code: 'EISDIR' })
})

test('the check value is opened by the secret that sealed it alone, also when two begin at once [C5-secret-wrong]', async (t) => {
  const database = await createDatabase('install_secret')
  const db = openDb(database.connection, makeLog('silent'))
  t.after(async () => {
    await db.close()
    await database.drop()
  })
  const rivals = [strong, `${strong}, other`]
  const began = await Promise.allSettled([0, 1, 0, 1, 0, 1].map((at) => openSecrets(db, rivals[at] ?? '')))
  const winners = began.map(({ status }) => status === 'fulfilled')
  assert.equal(winners[0], !winners[1], 'one of the two, not both')
  assert.deepEqual(
    winners,
    [0, 1, 0, 1, 0, 1].map((at) => winners[at])
  )
  const [right = '', wrong = ''] = winners[0] ? rivals : rivals.toReversed()
  await openSecrets(db, right)
  await assert.rejects(openSecrets(db, wrong), /does not belong to this database/)
})

test('the settings of elsewhere without a secret end the start with all that is missing [C5-secret-required, C5-all-faults]', async () => {
  const dataDir = newFolder()
  const bare = await startRefused({
    EKSO_PUBLIC_URL: 'https://ekso.example',
    EKSO_DATA_DIR: dataDir,
    EKSO_SECRET: 'short'
  })
  assert.equal(bare.code, 1)
  assert.match(bare.log, /SMTP_URL is required/)
  assert.match(bare.log, /EKSO_SECRET must have at least 32 bytes/)
})
