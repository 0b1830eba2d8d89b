import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashesMatch, makeSecrets } from './secrets.ts'

const secrets = makeSecrets('a secret of thirty-two bytes or more, one')
const others = makeSecrets('a secret of thirty-two bytes or more, two')

test('what is sealed opens again with the same secret and purpose alone', () => {
  const text = 'Jane \u{1F600} \0 482916'
  const sealed = secrets.seal('outbox', text)
  assert.equal(secrets.open('outbox', sealed), text)
  assert.equal(makeSecrets('a secret of thirty-two bytes or more, one').open('outbox', sealed), text)
  assert.throws(() => secrets.open('kept-answer', sealed))
  assert.throws(() => others.open('outbox', sealed))
  assert.equal(secrets.open('outbox', secrets.seal('outbox', '')), '')
})

test('a sealed text that was changed in any byte, cut or lengthened does not open', () => {
  const sealed = secrets.seal('outbox', 'six digits')
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => secrets.open('outbox', changed), `byte ${at}`)
  }
  for (let length = 0; length < sealed.length; length++)
    assert.throws(() => secrets.open('outbox', sealed.subarray(0, length)), `first ${length}`)
  assert.throws(() => secrets.open('outbox', Buffer.concat([sealed, Buffer.from([0])])))
})

test('the same text sealed twice looks different and shows nothing of itself', () => {
  const all = Array.from({ length: 200 }, () => secrets.seal('outbox', '482916').toString('hex'))
  assert.equal(new Set(all).size, 200)
  assert.ok(all.every((sealed) => !Buffer.from(sealed, 'hex').includes('482916')))
})

test('a hash depends on secret, purpose and on where each part ends [C2-code-hashed]', () => {
  const one = secrets.hash('code', 'ab', 'c')
  assert.deepEqual(one, secrets.hash('code', 'ab', 'c'))
  const different = [
    secrets.hash('code', 'a', 'bc'),
    secrets.hash('code', 'abc'),
    secrets.hash('code', 'ab', 'c', ''),
    secrets.hash('link', 'ab', 'c'),
    others.hash('code', 'ab', 'c')
  ]
  for (const other of different) assert.ok(!hashesMatch(one, other))
  assert.equal(one.length, 32)
})

test('hashes of different lengths do not match, and that is no error', () => {
  assert.equal(hashesMatch(Buffer.alloc(32), Buffer.alloc(31)), false)
  assert.equal(hashesMatch(Buffer.alloc(32), Buffer.alloc(32)), true)
})
