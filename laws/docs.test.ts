import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import { Environment } from '#server/kernel/settings.ts'
import {
  anchors,
  firstCellNames,
  namedPaths,
  namedScripts,
  namedVersions,
  pathExists,
  relativeLinks
} from './document.ts'
import { projectFiles, readText } from './source.ts'

const files = projectFiles()
const documents = files.filter((path) => path.endsWith('.md')).map((path) => ({ path, text: readText(path) }))

const manifest = JSON.parse(readText('package.json')) as {
  engines: { node: string }
  scripts: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  optionalDependencies: Record<string, string>
}

function missingPaths(text: string): string[] {
  return namedPaths(text).filter((path) => !pathExists(path, files))
}

function missingScripts(text: string): string[] {
  return namedScripts(text).filter((name) => !(name in manifest.scripts))
}

const nodeVersion = manifest.engines.node.replace(/^\D+/, '')
const oldestPostgres = /number\) < ([\d_]+)/
  .exec(readText('server/kernel/db-check.ts'))?.[1]
  ?.replace('_', '')
const postgresVersions = [
  // Embedded: the binaries that are installed. Others: the oldest that kernel/db-check.ts takes.
  /\d+/.exec(
    Object.entries(manifest.optionalDependencies).find(([name]) => /postgres/.test(name))?.[1] ?? ''
  )?.[0],
  String(Number(oldestPostgres) / 10_000)
]

function staleVersions(text: string): string[] {
  return [
    ...namedVersions(text, 'Node').filter((version) => !`${nodeVersion}.`.startsWith(`${version}.`)),
    ...namedVersions(text, 'PostgreSQL').filter((version) => !postgresVersions.includes(version))
  ]
}

function deadLinks(path: string, text: string): string[] {
  return relativeLinks(text).filter((link) => {
    const [target = '', anchor] = decodeURI(link).split('#')
    const file = target === '' ? path : posix.join(posix.dirname(path), target).replace(/\/$/, '')
    if (
      file !== '.' &&
      file !== path &&
      !files.some((known) => known === file || known.startsWith(`${file}/`))
    )
      return true
    if (anchor === undefined || !file.endsWith('.md')) return false
    return !anchors(file === path ? text : readText(file)).includes(anchor)
  })
}

// A place that only this machine or its builder knows; put together here so that this file does not name them.
const privatePlaces = new RegExp(
  [['/work', '/'].join(''), ['\\.\\./sha', 'red\\b'].join(''), 'registry\\.(?:npmjs|yarnpkg)'].join('|'),
  'i'
)

function every(check: (path: string, text: string) => string[]): string[] {
  return documents.flatMap(({ path, text }) => check(path, text).map((found) => `${path}: ${found}`))
}

test('the documents that a stranger needs are there', () => {
  const needed = [
    'README.md',
    'ARCHITECTURE.md',
    'STYLE.md',
    'CONTRIBUTING.md',
    'ROUTES.md',
    'docs/dependencies.md'
  ]
  assert.deepEqual(
    needed.filter((path) => !files.includes(path)),
    []
  )
})

test('every path that a document names exists', () => {
  assert.deepEqual(
    missingPaths(
      [
        'See `server/kernel/gone.ts`, `server/kernel/db.ts`, `server/kernel/*.ts`, `gone.ts`, `noun.routes.ts`.',
        '```tree',
        'server/',
        '  kernel/     what all stand on',
        '    db.ts  lost.ts',
        '    away.ts',
        '  features/<feature>/',
        '```'
      ].join('\n')
    ),
    ['server/kernel/gone.ts', 'gone.ts', 'server/kernel/away.ts']
  )
  assert.deepEqual(
    every((_path, text) => missingPaths(text)),
    []
  )
})

test('every script that a document names exists', () => {
  assert.deepEqual(missingScripts('`npm run gone`, `npm test`, npm run check'), ['gone'])
  assert.deepEqual(
    every((_path, text) => missingScripts(text)),
    []
  )
})

test('versions in prose are those of the package', () => {
  assert.deepEqual(postgresVersions, ['18', '15'])
  assert.deepEqual(
    staleVersions('Node 20, Node.js ≥ 24.7, Node 24, PostgreSQL 14 and PostgreSQL 15, PostgreSQL 18'),
    ['20', '14']
  )
  // What was measured was measured with the versions of its day.
  const measured = 'bench/results.md'
  assert.deepEqual(
    every((path, text) => (path === measured ? [] : staleVersions(text))),
    []
  )
})

test('every relative link leads somewhere', () => {
  const text =
    '# One way\n[a](gone.md) [b](#one-way) [c](#other) [d](https://example.com/x) [e](../package.json)'
  assert.deepEqual(deadLinks('docs/planted.md', text), ['gone.md', '#other'])
  assert.deepEqual(every(deadLinks), [])
})

test('the table of settings in README names every setting and no other', () => {
  const isSetting = (name: string) => /^[A-Z][A-Z0-9_]+$/.test(name)
  assert.deepEqual(firstCellNames('| `A_B`, `PORT` | `D` |\n|---|---|\n| `x` | |').filter(isSetting), [
    'A_B',
    'PORT'
  ])
  const named = firstCellNames(readText('README.md')).filter(isSetting)
  assert.deepEqual([...named].sort(), Object.keys(Environment.properties).sort())
})

test('docs/dependencies.md has a line for every dependency and for no other', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest
  const used = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  assert.ok(used.length > 10, `only ${used.length} dependencies seen`)
  assert.deepEqual([...firstCellNames(readText('docs/dependencies.md'))].sort(), used.sort())
})

test('no text of the repository names a place outside it', () => {
  for (const bad of [
    ['/work', '/trees'].join(''),
    ['..', 'shared/x'].join('/'),
    ['registry', 'npmjs.org'].join('.')
  ])
    assert.match(bad, privatePlaces)
  for (const fine of ['network/address', '/root is mode 700', 'a shared budget'])
    assert.doesNotMatch(fine, privatePlaces)
  const texts = files.filter((path) => !/\.(?:png|jpe?g|gif|ico|woff2?|pdf)$/.test(path))
  assert.ok(texts.length > 20, 'the scanner saw no files')
  assert.deepEqual(
    texts.filter((path) => privatePlaces.test(readText(path))),
    []
  )
})
