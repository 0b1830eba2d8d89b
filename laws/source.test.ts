import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scan } from './scan.ts'
import { importsOf, sourceOf, sources } from './source.ts'

const squeeze = (text: string) => text.replace(/\s+/g, ' ').trim()

test('the scanner tells code, strings and comments apart', () => {
  const cases: [string, string, string][] = [
    ["a('b') // c", "a(' ')", "'b'"],
    ['a /* b */ c', 'a c', ''],
    ["a('it\\'s') + b", "a(' ') + b", "'it\\'s'"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text under test is a template
    ['`a ${b({ c: `d` })} e` + f', '` {b({ c: ` ` })} ` + f', '`a ${ `d` } e`'],
    ["x = /['/]/g.test(y)", 'x = .test(y)', ''],
    ["a / b / c + 'd'", "a / b / c + ' '", "'d'"],
    ["<p>don't</p>\nfetch(x)", "<p>don' > fetch(x)", "'t</p>"]
  ]
  for (const [text, code, strings] of cases) {
    const found = scan(text)
    assert.equal(squeeze(found.code), code, text)
    assert.equal(squeeze(found.strings), strings, text)
    assert.equal(found.code.length, text.length, text)
    assert.equal(found.strings.length, text.length, text)
  }
})

test('imports are found whatever their layout', () => {
  const text = `
// import { no } from './comment.ts'
import one from 'one'
import type { Two } from "two"
import {
  type Three,
  three
} from '../three.ts'
import './four.ts'
export * from '#server/five.ts'
export type { Six } from './six.ts'
const text = "import x from 'text'"
const seven = await import('./seven.ts')
`
  const found = importsOf(sourceOf('server/kernel/a.ts', text))
  assert.deepEqual(
    found.map(({ to, isType }) => [to, isType]),
    [
      ['one', false],
      ['two', true],
      ['server/three.ts', false],
      ['server/kernel/four.ts', false],
      ['server/five.ts', false],
      ['server/kernel/six.ts', true],
      ['server/kernel/seven.ts', false]
    ]
  )
  assert.match(found[2]?.names ?? '', /type Three,\s+three/)
})

test('the sources of the repository are read', () => {
  const paths = sources.map((file) => file.path)
  for (const path of ['server/kernel/db.ts', 'laws/source.ts']) assert.ok(paths.includes(path), path)
})
