import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeDomainName } from './domain-name.ts'
import { suggestDomainNames } from './domain-suggestion.ts'

const first: [why: string, wish: string, company: string, expected: string[]][] = [
  ['a taken name is offered with endings', 'acme', 'Acme', ['acme-hq', 'acme-team', 'acme-work']],
  ['the company follows the wish', 'acme', 'Acme Corp', ['acme-corp', 'acme-hq', 'acme-team']],
  ['upper case is put right', 'Acme', 'Acme', ['acme', 'acme-hq', 'acme-team']],
  ['a whole address is read', 'https://www.acme.com/x', '', ['acme', 'acme-hq', 'acme-team']],
  ['accents are spelled out both ways', 'Müller', '', ['muller', 'mueller', 'muller-hq']],
  ['letters without a decomposition are spelled out', 'Łódź Straße', '', ['lodz-strasse', 'lodz-strasse-hq']],
  ['an apostrophe leaves no gap', "O'Brien", '', ['obrien', 'obrien-hq']],
  ['spaces and signs become one hyphen', 'smith &  sons', '', ['smith-sons', 'smith-sons-hq']],
  ['a legal form is left off', '', 'Tyrell GmbH & Co. KG', ['tyrell', 'tyrell-gmbh-co-kg', 'tyrell-hq']],
  [
    'initials of the company are offered',
    '',
    'International Widget Makers',
    ['international-widget', 'international', 'iwm']
  ],
  ['a name too short is offered with endings', 'ab', '', ['ab-hq', 'ab-team']],
  [
    'a name too long is cut, without a hyphen at its end',
    'the-quick-brown-fox-jumps',
    '',
    ['the-quick-brown-fox', 'the-quick-brown-f-hq']
  ],
  ['an encoded label is not offered', 'xn--mller', '', ['xn-mller', 'xn-mller-hq']],
  ['a reserved word stands behind the company', 'sales', 'Tyrell', ['tyrell', 'tyrell-sales', 'tyrell-hq']]
]

for (const [why, wish, company, expected] of first) {
  test(`${why}: ${wish || company}`, () => {
    assert.deepEqual(suggestDomainNames(wish, { company }).slice(0, expected.length), expected)
  })
}

test('a deceptive wish is offered only behind the company', () => {
  const offered = suggestDomainNames('adm1n', { company: 'Tyrell' })
  assert.deepEqual(
    offered.filter((name) => name.includes('adm1n')),
    ['tyrell-adm1n']
  )
})

const inputs: [what: string, wish: string, company: string][] = [
  ['an ordinary wish', 'acme', 'Acme Corp'],
  ['nothing', '', ''],
  ['white space', '   ', '\n\t'],
  ['emoji', '🎉🎉🎉', '👩‍💻'],
  ['a name without Latin letters', '李雷', 'ООО Ромашка'],
  ['hyphens and dots', '-.-', '---'],
  ['unpaired surrogates', '\ud800'.repeat(99), '\udfff'],
  ['NUL and controls', '\0\r\n\u202eadmin', '\0'],
  ['reserved names', 'admin', 'Support'],
  ['one letter', 'a', 'b'],
  ['10 kB of a letter', 'x'.repeat(10_000), 'y '.repeat(5_000)],
  ['100 kB of marks', `a${'\u0301'.repeat(100_000)}`, '-'.repeat(100_000)],
  ['letters that grow when taken apart', '\ufdfa'.repeat(300), '\u0390'.repeat(300)],
  ['a name that is suggested itself', 'acme-hq', 'acme']
]

for (const [what, wish, company] of inputs) {
  test(`12 to 40 distinct bearable names answer ${what}, the same each time, never the wish itself`, () => {
    const offered = suggestDomainNames(wish, { company })
    assert.ok(offered.length >= 12 && offered.length <= 40, `${offered.length} names`)
    assert.equal(new Set(offered).size, offered.length)
    assert.deepEqual(
      offered.filter((name) => judgeDomainName(name) !== undefined),
      []
    )
    assert.ok(!offered.includes(wish))
    assert.deepEqual(suggestDomainNames(wish, { company }), offered)
  })
}

test('two callers with nothing usable to go by are offered different neutral names', () => {
  const [one, other] = [
    suggestDomainNames('李雷', { company: '' }),
    suggestDomainNames('韩梅', { company: '' })
  ]
  assert.match(one[0] ?? '', /^workspace-[0-9a-f]{4}$/)
  assert.notEqual(one[0], other[0])
})
