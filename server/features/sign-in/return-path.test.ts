import assert from 'node:assert/strict'
import { test } from 'node:test'
import { returnPath } from './return-path.ts'

for (const own of ['/', '/account', '/interaction/abc_-1?x=1&y=%2F', '/account/keys?cursor=W10'])
  test(`${own} is a way back [C3-sign-in-return]`, () => assert.equal(returnPath(own), own))

const foreign = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example',
  '/\t/evil.example/',
  '/\n/evil.example/',
  '/..//evil.example/',
  '/./\\evil.example',
  'javascript:alert(1)',
  ' /account',
  'account',
  '',
  `/${'a'.repeat(5000)}`,
  '/caf\u00e9',
  undefined,
  ['/account']
]
for (const wished of foreign)
  test(`${JSON.stringify(wished)?.slice(0, 40)} is none [C3-sign-in-return]`, () =>
    assert.equal(returnPath(wished), '/'))

test('a fragment is left behind', () => assert.equal(returnPath('/account#here'), '/account'))
