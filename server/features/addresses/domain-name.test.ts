import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeDomainName } from './domain-name.ts'

const rows: [why: string, domain: string, fault: string | undefined][] = [
  ['an ordinary name', 'acme', undefined],
  ['letters and digits', 'team42', undefined],
  ['digits only', '007', undefined],
  ['three characters', 'abc', undefined],
  ['twenty characters', 'a'.repeat(20), undefined],
  ['a hyphen inside', 'acme-corp', undefined],
  ['two hyphens at positions 2–3', 'a--b', undefined],
  ['two hyphens at positions 4–5', 'abc--d', undefined],
  ['nothing', '', 'DOMAIN_REQUIRED'],
  ['only white space', ' \t ', 'DOMAIN_REQUIRED'],
  ['two characters', 'ab', 'DOMAIN_TOO_SHORT'],
  ['two emoji, four units', '🎉🎉', 'DOMAIN_TOO_SHORT'],
  ['a short name with bad characters', '-!', 'DOMAIN_TOO_SHORT'],
  ['twenty-one characters', 'a'.repeat(21), 'DOMAIN_TOO_LONG'],
  ['a long name with bad characters', `${'A'.repeat(21)}!`, 'DOMAIN_TOO_LONG'],
  ['100 kB', '-'.repeat(100_000), 'DOMAIN_TOO_LONG'],
  ['twenty emoji', '🎉'.repeat(20), 'DOMAIN_INVALID'],
  ['twenty-one emoji', '🎉'.repeat(21), 'DOMAIN_TOO_LONG'],
  ['upper case', 'Acme', 'DOMAIN_INVALID'],
  ['upper case of a reserved name', 'ADMIN', 'DOMAIN_INVALID'],
  ['white space around', ' acme ', 'DOMAIN_INVALID'],
  ['a line break at the end', 'acme\n', 'DOMAIN_INVALID'],
  ['NUL', 'ac\0me', 'DOMAIN_INVALID'],
  ['a dot', 'acme.ekso', 'DOMAIN_INVALID'],
  ['an underscore', 'my_acme', 'DOMAIN_INVALID'],
  ['a letter with an accent', 'müller', 'DOMAIN_INVALID'],
  ['a Cyrillic letter that looks Latin', 'аcme', 'DOMAIN_INVALID'],
  ['a full-width digit', 'acme１', 'DOMAIN_INVALID'],
  ['a hyphen first', '-acme', 'DOMAIN_INVALID'],
  ['a hyphen last', 'acme-', 'DOMAIN_INVALID'],
  ['hyphens only', '---', 'DOMAIN_INVALID'],
  ['two hyphens at positions 3–4', 'ab--cd', 'DOMAIN_INVALID'],
  ['an encoded label', 'xn--mller-kva', 'DOMAIN_INVALID'],
  ['a reserved name', 'admin', 'DOMAIN_BLACKLISTED'],
  ['a look-alike of a reserved name', 'adm1n', 'DOMAIN_BLACKLISTED'],
  ['a numbered reserved name', 'www2', 'DOMAIN_BLACKLISTED'],
  ['one of our routes', 'authorize', 'DOMAIN_BLACKLISTED']
]

for (const [why, domain, fault] of rows) {
  test(`a domain of ${why} is ${fault ?? 'accepted'}`, () => assert.equal(judgeDomainName(domain), fault))
}
