import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalAddress, foldedAddress, judgeEmailAddress, maskAddress } from './email-address.ts'

const label63 = 'd'.repeat(63)
const domain189 = `${label63}.${label63}.${'d'.repeat(58)}.de`

const accepted: [why: string, address: string][] = [
  ['an ordinary address', 'jane@example.com'],
  ['upper case', 'Jane.Smith@Example.COM'],
  ['a tag', 'jane+ekso@example.com'],
  ['an apostrophe', "o'brien@example.ie"],
  ['every sign of a dot-atom', "!#$%&'*+/=?^_`{|}~-@example.com"],
  ['one letter', 'j@x.io'],
  ['a local part of 64 characters', `${'l'.repeat(64)}@example.com`],
  ['254 characters', `${'l'.repeat(64)}@${domain189}`],
  ['a domain with digits and hyphens', 'jane@3m-mail.co.uk'],
  ['an international domain', 'jane@bücher.example'],
  ['an encoded domain', 'jane@xn--bcher-kva.example'],
  ['an international top level', 'jane@example.рф']
]

const refused: [why: string, address: string][] = [
  ['no at sign', 'jane.example.com'],
  ['no local part', '@example.com'],
  ['no domain', 'jane@'],
  ['two at signs', 'jane@doe@example.com'],
  ['two recipients by comma', 'jane@example.com,eve@example.com'],
  ['two recipients by semicolon', 'jane@example.com;eve@example.com'],
  ['two recipients by space', 'jane@example.com eve@example.com'],
  ['a display name', 'Jane <jane@example.com>'],
  ['angle brackets', '<jane@example.com>'],
  ['a comment', 'jane(x)@example.com'],
  ['a quoted local part', '"jane doe"@example.com'],
  ['a quoted at sign', '"jane@evil.example"@example.com'],
  ['a backslash', 'jane\\x@example.com'],
  ['a colon', 'mailto:jane@example.com'],
  ['white space before', ' jane@example.com'],
  ['white space after', 'jane@example.com '],
  ['a line break at the end', 'jane@example.com\n'],
  ['a header behind a line break', 'jane@example.com\r\nBcc: eve@example.com'],
  ['NUL', 'jane\0@example.com'],
  ['a dot first', '.jane@example.com'],
  ['a dot last', 'jane.@example.com'],
  ['two dots together', 'jane..doe@example.com'],
  ['a letter with an accent in the local part', 'zoë@example.com'],
  ['a Cyrillic letter in the local part', 'jаne@example.com'],
  ['a local part of 65 characters', `${'l'.repeat(65)}@example.com`],
  ['255 characters', `${'l'.repeat(64)}@d${domain189.slice(0, -3)}.com`],
  ['an international domain beyond 254 characters once encoded', `j@${`${'ü'.repeat(57)}.`.repeat(4)}de`],
  ['a domain without a dot', 'root@localhost'],
  ['an empty label', 'jane@example..com'],
  ['a dot at the end of the domain', 'jane@example.com.'],
  ['a dot at the start of the domain', 'jane@.example.com'],
  ['a label of 64 characters', `jane@${'d'.repeat(64)}.com`],
  ['a label with a hyphen first', 'jane@-example.com'],
  ['a label with a hyphen last', 'jane@example-.com'],
  ['an underscore in the domain', 'jane@my_example.com'],
  ['a top level of one letter', 'jane@example.c'],
  ['a top level of digits', 'jane@example.123'],
  ['an IPv4 address', 'jane@192.0.2.25'],
  ['an IPv4 literal', 'jane@[127.0.0.1]'],
  ['an IPv6 literal', 'jane@[IPv6:::1]'],
  ['a hexadecimal IPv4 address', 'jane@0x7f.1'],
  ['a percent sign in the domain', 'jane@exa%6dple.com'],
  ['a zero-width character in the domain', 'jane@exam\u200bple.com'],
  ['a bidi control in the domain', 'jane@\u202eexample.com'],
  ['an unpaired surrogate in the domain', 'jane@exam\ud800ple.com'],
  ['100 kB of dots', `${'a.'.repeat(50_000)}@example.com`],
  ['100 kB of domain', `a@${'a-'.repeat(50_000)}.com`]
]

for (const [why, address] of accepted) {
  test(`an address with ${why} is accepted`, () => assert.equal(judgeEmailAddress(address), undefined))
}
for (const [why, address] of refused) {
  test(`an address with ${why} is EMAIL_INVALID`, () =>
    assert.equal(judgeEmailAddress(address), 'EMAIL_INVALID'))
}
test('an address of nothing or of white space is EMAIL_REQUIRED', () => {
  assert.deepEqual(['', ' ', '\r\n'].map(judgeEmailAddress), Array(3).fill('EMAIL_REQUIRED'))
})

const forms: [why: string, address: string, canonical: string, folded: string, masked: string][] = [
  ['as typed', 'jane@example.com', 'jane@example.com', 'jane@example.com', 'j***@example.com'],
  ['in upper case', 'Jane@EXAMPLE.com', 'jane@example.com', 'jane@example.com', 'j***@example.com'],
  ['with a tag', 'Jane+a+b@x.io', 'jane+a+b@x.io', 'jane@x.io', 'j***@x.io'],
  ['that begins with a tag', '+a@x.io', '+a@x.io', '+a@x.io', '+***@x.io'],
  ['with dots, which may be another person', 'j.d@x.io', 'j.d@x.io', 'j.d@x.io', 'j***@x.io'],
  [
    'with an international domain',
    'j.d@Bücher.example',
    'j.d@xn--bcher-kva.example',
    'j.d@xn--bcher-kva.example',
    'j***@xn--bcher-kva.example'
  ],
  ['of one letter, which masking hides', 'j@x.io', 'j@x.io', 'j@x.io', '***@x.io'],
  ['that is none, of which masking shows nothing', 'Jane Doe', 'jane doe', 'jane doe', '***']
]

for (const [why, address, canonical, folded, masked] of forms) {
  test(`an address ${why} has one canonical, one folded and one masked form`, () => {
    assert.deepEqual(
      [canonicalAddress(address), foldedAddress(address), maskAddress(address)],
      [canonical, folded, masked]
    )
  })
}

test('a masked address tells nothing of its length', () => {
  assert.equal(maskAddress(`j${'x'.repeat(40)}@example.com`), maskAddress('jx@example.com'))
  assert.equal(maskAddress('x'.repeat(100_000)), '***')
})
