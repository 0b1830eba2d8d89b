import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readText } from './source.ts'

type Entry = { version?: string; resolved?: string; optionalDependencies?: Record<string, string> }

/** Packages for other platforms that the lock file leaves out: `npm ci` refuses such a lock on a fresh clone. */
function missingPackages(entries: Record<string, Entry>): string[] {
  return Object.entries(entries).flatMap(([where, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !entries[`node_modules/${name}`] && !entries[`${where}/node_modules/${name}`]
    )
  )
}

test('the lock file names the packages of every platform', () => {
  const planted = { 'node_modules/a': { optionalDependencies: { 'a-darwin': '1.0.0', 'a-linux': '1.0.0' } } }
  assert.deepEqual(missingPackages({ ...planted, 'node_modules/a-linux': {} }), ['a-darwin'])
  const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Record<string, Entry> }
  assert.ok(Object.keys(packages).length > 50, 'the reader saw no packages')
  assert.deepEqual(missingPackages(packages), [])
  assert.deepEqual(
    Object.keys(packages).filter((name) => packages[name]?.resolved),
    [],
    'no registry is written into the lock file'
  )
})
