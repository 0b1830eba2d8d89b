import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { test } from 'node:test'
import { Problem } from '#server/kernel/problem.ts'
import { defaultFormsAuth } from '../configuration/forms-auth.ts'
import { hashPassword, inHashTurn, judgePassword } from './password.ts'
import { passwordHint } from './password-rules.ts'

const isRight = (password: string, stored: string | null) =>
  inHashTurn((compare) => compare(password, stored))

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
    assert.match(judgePassword(password, personal, defaultFormsAuth).join(), /easily guessed/)
  })

for (const password of uncommon)
  test(`${password} is taken [C3-password-rules]`, () => {
    assert.deepEqual(judgePassword(password, personal, defaultFormsAuth), [])
  })

test('every broken rule is named at once, and lengths count characters [C3-password-rules]', () => {
  assert.equal(judgePassword('', personal, defaultFormsAuth).length, 4)
  assert.deepEqual(judgePassword(`Kx7${'🙂🌍'.repeat(18)}q`, personal, defaultFormsAuth), [])
  assert.deepEqual(judgePassword(`Kx7v${'-m'.repeat(18)}p`, personal, defaultFormsAuth), [
    'Use at most 40 characters.'
  ])
})

test('a password belongs to its hash however its letters were composed [C3-password-argon2id]', async () => {
  const hash = await hashPassword('Hafenk\u00e4se-42')
  assert.equal(await isRight('Hafenka\u0308se-42', hash), true)
  assert.equal(await isRight('Hafenkase-42', hash), false)
  assert.equal(await isRight('', null), false)
  assert.equal(await isRight('', ''), false)
})

test('two hashes of one password differ, and an older cost is still understood [C3-password-argon2id]', async () => {
  assert.notEqual(await hashPassword('Quiet-Harbour-42'), await hashPassword('Quiet-Harbour-42'))
  const nonce = Buffer.from('0123456789abcdef')
  const message = 'Quiet-Harbour-42'
  const tag = argon2Sync('argon2id', { memory: 64, passes: 3, parallelism: 1, message, nonce, tagLength: 32 })
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const older = `$argon2id$v=19$m=64,t=3,p=1$${plain(nonce)}$${plain(tag)}`
  assert.equal(await isRight(message, older), true)
  assert.equal(await isRight(`${message}x`, older), false)
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
  assert.equal(await isRight('Quiet-Harbour-42', await hashPassword('Quiet-Harbour-42')), true)
})

test('a workspace may ask for more or less, and its page says so [C3-forms-auth]', () => {
  const rules = {
    ...defaultFormsAuth,
    passwordMinimumLength: 12,
    passwordMaximumLength: 64,
    passwordRequireNumber: false,
    passwordRequireSymbol: true
  }
  assert.deepEqual(judgePassword('Quiet-Harbour', personal, rules), [])
  assert.deepEqual(judgePassword('QuietHarbour', personal, rules), [
    'Use at least one symbol (one of !@#$%^&*()-=_+).'
  ])
  assert.deepEqual(judgePassword('Quiet-Harb', personal, rules), ['Use at least 12 characters.'])
  assert.equal(
    passwordHint(rules),
    '12 to 64 characters, with an upper-case letter, a lower-case letter and a symbol (one of !@#$%^&*()-=_+).'
  )
  assert.equal(
    passwordHint(defaultFormsAuth),
    '8 to 40 characters, with an upper-case letter, a lower-case letter and a digit.'
  )
})
