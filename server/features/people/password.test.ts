import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { test } from 'node:test'
import { Problem } from '#server/kernel/problem.ts'
import { hashPassword, isPasswordRight, judgePassword } from './password.ts'

const common =
  `Password1 Passw0rd P@ssw0rd1 Password123! PASSWORd99 Pa55word Qwerty123 Qwertyuiop1 Qwertz12 Asdf1234 1qaz2wsX
  Zaq12wsx 1q2w3e4R Abcd1234 Abcdefg1 Aa123456 Welcome1 Letmein1 Admin123 Admin-2026 Iloveyou1 Summer2026 Monkey123 Dragon123
  Football1 Princess1 Sunshine1 Charlie1 Trustno1 Michael1 Superman1 Master123 Changeme123 Test1234 Hello123 Aaaaaaa1 Ab1Ab1Ab1
  Acme2026! JaneJane1 L1verpool 123456Aa Qwerty!1`.split(/\s+/)

const uncommon =
  `Quiet-Harbour-42 tR8#kq9!2Lma CorrectHorse7Battery Orange-Mustang-77 MyDogEats3Socks Aé1-5678 Zebra9crossing
  Kx7vPq2m 9Lives-of-Tom`.split(/\s+/)

const personal = ['Jane Smith', 'jane.smith@acme.example', 'Acme']

for (const password of common)
  test(`${password} is too easily guessed [C3-password-rules]`, () => {
    assert.match(judgePassword(password, personal).join(), /easily guessed/)
  })

for (const password of uncommon)
  test(`${password} is taken [C3-password-rules]`, () => {
    assert.deepEqual(judgePassword(password, personal), [])
  })

test('every broken rule is named at once, and lengths count characters [C3-password-rules]', () => {
  assert.equal(judgePassword('', personal).length, 4)
  assert.deepEqual(judgePassword(`Kx7${'🙂🌍'.repeat(18)}q`, personal), [])
  assert.deepEqual(judgePassword(`Kx7v${'-m'.repeat(18)}p`, personal), ['Use at most 40 characters.'])
})

test('a password belongs to its hash however its letters were composed [C3-password-argon2id]', async () => {
  const hash = await hashPassword('Hafenk\u00e4se-42')
  assert.equal(await isPasswordRight('Hafenka\u0308se-42', hash), true)
  assert.equal(await isPasswordRight('Hafenkase-42', hash), false)
  assert.equal(await isPasswordRight('', null), false)
  assert.equal(await isPasswordRight('', ''), false)
})

test('two hashes of one password differ, and an older cost is still understood [C3-password-argon2id]', async () => {
  assert.notEqual(await hashPassword('Quiet-Harbour-42'), await hashPassword('Quiet-Harbour-42'))
  const nonce = Buffer.from('0123456789abcdef')
  const message = 'Quiet-Harbour-42'
  const tag = argon2Sync('argon2id', { memory: 64, passes: 3, parallelism: 1, message, nonce, tagLength: 32 })
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const older = `$argon2id$v=19$m=64,t=3,p=1$${plain(nonce)}$${plain(tag)}`
  assert.equal(await isPasswordRight(message, older), true)
  assert.equal(await isPasswordRight(`${message}x`, older), false)
})

test('2 hashes run and 32 wait; the next is refused with a time to wait [C3-password-queue]', async () => {
  const queue = Array.from({ length: 36 }, () => hashPassword('Quiet-Harbour-42'))
  const ended = await Promise.allSettled(queue)
  const refused = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  assert.equal(refused.length, 2)
  for (const error of refused) {
    assert.ok(error instanceof Problem)
    assert.equal(error.code, 'RATE_LIMITED')
    assert.equal(error.row.status, 429)
    assert.ok((error.retryAfterSeconds ?? 0) >= 1)
  }
  assert.equal(await isPasswordRight('Quiet-Harbour-42', await hashPassword('Quiet-Harbour-42')), true)
})
