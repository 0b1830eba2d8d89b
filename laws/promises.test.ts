import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promises } from './promises.ts'
import { isTest, type SourceFile, sourceOf, sources } from './source.ts'

// An id in the square brackets of a test's title: `a code dies after ten minutes [S2-code-ten-minutes, C2-…]`.
const brackets = /\[((?:[SC]\d|R\d{4})-[^\]\n]*)\]/g
// A test that does not run proves nothing.
const idle = /\b(?:test|it|describe|suite)\.(?:skip|todo)\s*\([^,)]*/g

function citedIds(file: SourceFile): string[] {
  let titles = file.strings
  for (const { index, 0: call } of file.code.matchAll(idle))
    titles = titles.slice(0, index) + ' '.repeat(call.length) + titles.slice(index + call.length)
  return [...titles.matchAll(brackets)].flatMap((match) => (match[1] ?? '').split(/[\s,]+/).filter(Boolean))
}

function unknownIds(files: SourceFile[], known: Set<string>): string[] {
  return files.flatMap((file) =>
    citedIds(file)
      .filter((id) => !known.has(id))
      .map((id) => `${file.path} cites ${id}`)
  )
}

function unproven(files: SourceFile[], ids: string[]): string[] {
  const cited = new Set(files.flatMap(citedIds))
  return ids.filter((id) => !cited.has(id))
}

const ids = promises.map((promise) => promise.id)
// This file cites ids that do not exist, to show that they are caught.
const tests = sources.filter((file) => isTest(file.path) && file.path !== 'laws/promises.test.ts')

test('promises have ids that say their source, each of them once', () => {
  assert.ok(ids.length > 80, `only ${ids.length} promises`)
  assert.deepEqual(
    ids.filter(
      (id, at) => ids.indexOf(id) !== at || !/^(?:[SC]\d|R\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id)
    ),
    []
  )
  assert.deepEqual(
    promises.filter(({ id, source, sentence }) => !sentence.endsWith('.') || !isFrom(id, source)),
    []
  )
})

function isFrom(id: string, source: string): boolean {
  if (id.startsWith('R')) return source.startsWith(`RFC ${id.slice(1, 5)}`)
  return id.startsWith('C') ? source.startsWith(`contract §${id[1]}`) : source.startsWith(id.slice(0, 2))
}

test('an unproven promise and an unknown id are caught', () => {
  const planted = sourceOf(
    'a.test.ts',
    `
    test('codes die [S2-a, C2-b]', () => {})
    test.skip('idle [S2-c]', () => {})
    test.todo('idle too [S2-c]')
    test('codes live [C2-g]', () => {})
    for (const row of rows) test(\`\${row.name} [S2-d]\`, () => {})
    // test('gone [S2-e]')
    const bytes = word[S2-f]
    `
  )
  assert.deepEqual(citedIds(planted), ['S2-a', 'C2-b', 'C2-g', 'S2-d'])
  assert.deepEqual(unproven([planted], ['S2-a', 'S2-c', 'S2-e']), ['S2-c', 'S2-e'])
  assert.deepEqual(unknownIds([planted], new Set(['S2-a', 'S2-d', 'C2-g'])), ['a.test.ts cites C2-b'])
})

test('tests cite only promises that were made', () => {
  assert.ok(tests.length > 0, 'the scanner saw no test')
  assert.deepEqual(unknownIds(tests, new Set(ids)), [])
})

test('every promise is proven by a test', () => {
  assert.deepEqual(unproven(tests, ids), [])
})
