import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileLaws, placeFiles } from './file-laws.ts'
import { findCycle, importLaws } from './import-laws.ts'
import { assertLawsBite, assertLawsHold } from './law.ts'
import { importsOf, projectFiles, readText, sources } from './source.ts'
import { wordLaws } from './word-laws.ts'

const imports = sources.flatMap(importsOf)

test('every law catches its bad examples and lets its good ones pass', () => {
  assertLawsBite(importLaws)
  assertLawsBite(wordLaws)
  assertLawsBite(fileLaws)
})

test('imports run in one direction', () => {
  assert.ok(imports.length > 40, `the scanner saw only ${imports.length} imports`)
  assertLawsHold(importLaws, imports, ({ from, to }) => `${from} imports ${to}`)
})

test('every import of our own leads to a file', () => {
  const paths = new Set(projectFiles())
  const ours = imports.filter(({ to }) => /^(?:server|web|laws|testing|bench)\//.test(to))
  assert.ok(ours.length > 20, `the scanner saw only ${ours.length} imports of our own`)
  assert.deepEqual(
    ours.filter(({ to }) => !paths.has(to)),
    []
  )
})

test('imports have no cycle', () => {
  const planted = [
    { from: 'a.ts', to: 'b.ts' },
    { from: 'b.ts', to: 'c.ts' },
    { from: 'c.ts', to: 'b.ts' }
  ]
  assert.deepEqual(findCycle(planted), ['b.ts', 'c.ts', 'b.ts'])
  assert.deepEqual(findCycle(imports), [])
})

test('environment, time, connections and outbound calls stand where they belong', () => {
  const seen = sources.filter((file) => file.path.startsWith('server/'))
  assert.ok(seen.length > 10, `the scanner saw only ${seen.length} files of the server`)
  for (const [path, word] of [
    ['server/kernel/settings.ts', 'process.env'],
    ['server/kernel/clock.ts', 'new Date()']
  ])
    assert.ok(
      seen.find((file) => file.path === path)?.code.includes(word as string),
      `${word} not seen in ${path}`
    )
  assertLawsHold(wordLaws, sources, (file) => file.path)
})

test('files are small, shallow and named for what they hold', () => {
  const files = placeFiles(projectFiles(), readText)
  assert.ok(files.length > 20, `the scanner saw only ${files.length} files`)
  assert.ok(
    files.some((file) => file.lines > 100),
    'the scanner counted no lines'
  )
  assertLawsHold(fileLaws, files, (file) => `${file.path} (${file.lines} lines)`)
})
