import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letter } from '../../testing/mail-world.ts'
import { systemClock } from './clock.ts'
import { checkLetter, htmlFromText, type Letter } from './letter.ts'

const check = (over: Partial<Letter>) => () => checkLetter(letter(systemClock(), over))

test('an address cannot add headers, names or other addressees', () => {
  for (const to of [
    'jane@example.com\r\nBcc: all@example.com',
    'jane@example.com\n',
    'jane@example.com, all@example.com',
    'jane@example.com;all@example.com',
    'Jane <jane@example.com>',
    '"jane"@example.com',
    'jane@exa mple.com',
    'group: jane@example.com;',
    'jane',
    '@example.com',
    'jane@@example.com',
    'jane\u0000@example.com',
    ''
  ])
    assert.throws(check({ to }), /plain address/, JSON.stringify(to))
  assert.doesNotThrow(check({ to: "o'neil+tag@sub.example.com" }))
  assert.doesNotThrow(check({ to: 'jürgen@exämple.de' }))
})

test('a subject is one line, without marks that turn the writing direction', () => {
  for (const subject of [
    'Hi\r\nBcc: all@example.com',
    'Hi\nthere',
    'Hi\u202Eereht',
    'Hi\u0000',
    ' ',
    'x'.repeat(201)
  ])
    assert.throws(check({ subject }), /subject/, JSON.stringify(subject))
})

test('the text has lines and no other control characters', () => {
  assert.throws(check({ text: 'a\rb' }), /text/)
  assert.throws(check({ text: 'a\u0000b' }), /text/)
  assert.throws(check({ text: 'x'.repeat(20_001) }), /text/)
  assert.doesNotThrow(check({ text: 'a\n\nb' }))
})

test('a refused letter is not quoted in the error', () => {
  assert.throws(check({ to: 'hidden@example.com\n' }), (error: Error) => !error.message.includes('hidden'))
})

test('the HTML body shows markup as text', () => {
  const html = htmlFromText('<script>alert(1)</script> & "quotes"\n\n<img src=x onerror=alert(1)>')
  assert.doesNotMatch(html, /<script|<img/)
  assert.match(html, /&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp; &quot;quotes&quot;/)
})

test('the HTML body links addresses whole, without the full stop behind them, and nothing else', () => {
  const html = htmlFromText('Open https://ekso.example/confirm/abc?x=1&y=2. Not javascript:alert(1)')
  assert.match(html, /<a href="https:\/\/ekso\.example\/confirm\/abc\?x=1&amp;y=2">[^<]*<\/a>\./)
  assert.equal(html.match(/<a /g)?.length, 1)
})

test('an address cannot leave its attribute', () => {
  const html = htmlFromText('https://ekso.example/"onmouseover=alert(1)')
  assert.doesNotMatch(html, /"onmouseover/)
})

test('a line that is only a code stands in large type', () => {
  assert.match(htmlFromText('Your code:\n\n482916\n\nBye'), /<p style="font:bold 32px[^"]*">482916<\/p>/)
})
