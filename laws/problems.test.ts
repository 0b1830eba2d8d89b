import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemTable } from '#server/kernel/problem-table.ts'
import { Environment } from '#server/kernel/settings.ts'
import { isProof, projectFiles, readText, type SourceFile, sourceOf, sources } from './source.ts'

const codes = Object.keys(problemTable)
const settings = Object.keys(Environment.properties)

// Words that look like codes and are none, each with its meaning.
const notCodes = new Set([
  'UPPER_SNAKE' // how codes are written
])

/** The codes of the table that no code names: nobody can receive them. */
function neverThrown(files: SourceFile[], table: string[]): string[] {
  const named = files.map((file) => file.strings).join('\n')
  return table.filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(named))
}

/** Words in backticks that look like codes: `DOMAIN_TAKEN`. In a template the backtick is escaped. */
function quotedCodes(text: string): string[] {
  return [...text.matchAll(/\\?`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\\?`/g)].map((match) => match[1] as string)
}

function unknownCodes(text: string): string[] {
  const known = new Set([...codes, ...settings, ...notCodes])
  return quotedCodes(text).filter((code) => !known.has(code) && !/^EKSO_TEST_/.test(code))
}

const server = sources.filter((file) => file.path.startsWith('server/') && !isProof(file.path))
const users = server.filter((file) => file.path !== 'server/kernel/problem-table.ts')

test('every problem of the table can happen', () => {
  const planted = sourceOf('a.ts', "throw problem('DOMAIN_TAKEN') // 'NAME_INVALID'")
  assert.deepEqual(neverThrown([planted], ['DOMAIN_TAKEN', 'NAME_INVALID']), ['NAME_INVALID'])
  assert.ok(codes.length > 30, `only ${codes.length} codes`)
  assert.deepEqual(neverThrown(users, codes), [])
})

test('every code that a document or a text of the server names exists', () => {
  assert.deepEqual(unknownCodes('see `DOMAIN_GONE`, `DOMAIN_TAKEN`, `EKSO_SECRET`'), ['DOMAIN_GONE'])
  assert.deepEqual(unknownCodes('in a template: \\`DOMAIN_GONE\\`'), ['DOMAIN_GONE'])
  const documents = projectFiles().filter((path) => path.endsWith('.md'))
  const texts = [
    ...documents.map((path) => ({ path, text: readText(path) })),
    ...server.map((file) => ({ path: file.path, text: file.strings }))
  ]
  assert.ok(texts.length > 10, 'the scanner saw no texts')
  assert.deepEqual(
    texts.flatMap(({ path, text }) => unknownCodes(text).map((code) => `${path} names ${code}`)),
    []
  )
})

test('a row says what to do, and its status and kind belong together', () => {
  const kinds: Record<number, string[]> = {
    400: ['Validation'],
    401: ['Authentication'],
    403: ['Permission'],
    404: ['NotFound'],
    409: ['Conflict'],
    410: ['Gone'],
    412: ['Conflict'],
    413: ['Validation'],
    415: ['Validation'],
    421: ['NotFound'],
    422: ['Logic'],
    429: ['RateLimit'],
    500: ['Exception'],
    503: ['Unavailable']
  }
  const rows = Object.entries(problemTable)
  assert.deepEqual(
    rows.filter(([, row]) => !kinds[row.status]?.includes(row.kind) || !row.say || !row.wayOut),
    []
  )
})
