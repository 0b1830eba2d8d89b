import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLocalhostName, isLoopbackHost, parseHost, readHost, workspaceUrl } from './hosts.ts'

const local = new URL('http://localhost:6050')
const far = new URL('https://ekso.example')

/** What a Host header means for an install, in one word. */
function meaningOf(header: string | undefined, publicUrl: URL): string {
  const host = parseHost(header, publicUrl.protocol)
  if (!host) return 'malformed'
  const meaning = readHost(host, publicUrl)
  return meaning.kind === 'workspace' ? meaning.domain : meaning.kind
}

test('hosts compare lower-cased, with the exact port, the default one written or not [C4-host-exact]', () => {
  const means = (header: string, url: URL) => meaningOf(header, url)
  assert.equal(means('EKSO.Example', far), 'home')
  assert.equal(means('ekso.example:443', far), 'home')
  assert.equal(means('ekso.example:80', far), 'unknown')
  assert.equal(means('ekso.example:8443', far), 'unknown')
  assert.equal(means('ACME.ekso.example', far), 'acme')
  assert.equal(means('acme.ekso.example:443', far), 'acme')
  assert.equal(means('acme.ekso.example:444', far), 'unknown')
  assert.equal(means('acme.localhost:6050', local), 'acme')
  assert.equal(means('acme.localhost', local), 'unknown')
  assert.equal(means('acme.localhost:6051', local), 'unknown')
})

test('loopback names reach the home workspace on any port and any install [C4-host-loopback]', () => {
  for (const url of [local, far])
    for (const header of [
      'localhost',
      'localhost:1',
      '127.0.0.1:9999',
      '[::1]',
      '[::1]:6050',
      'LOCALHOST:6050'
    ])
      assert.equal(meaningOf(header, url), 'home', header)
  // Other spellings of loopback are no names of ours.
  for (const header of ['127.0.0.2', '127.1', '0.0.0.0', '[::ffff:127.0.0.1]', '2130706433'])
    assert.equal(meaningOf(header, far), 'unknown', header)
})

test('a workspace is one label in front of the public host and nothing else', () => {
  const none = [
    'a.b.ekso.example',
    '.ekso.example',
    'ab.ekso.example',
    `${'a'.repeat(21)}.ekso.example`,
    'a_b.ekso.example',
    'ekso.example.evil.example',
    'acme.ekso.example.evil.example',
    'acmeekso.example',
    'evil-ekso.example',
    'example',
    'ekso.example.'
  ]
  for (const header of none) assert.equal(meaningOf(header, far), 'unknown', header)
})

test('a Host that is no host is malformed rather than unknown', () => {
  const junk = [
    undefined,
    '',
    ' ekso.example',
    'ekso.example ',
    'ekso.example:',
    'ekso.example:x',
    'ekso.example:123456',
    'ekso.example/x',
    'a@ekso.example',
    'ekso.example, evil.example',
    'ékso.example',
    '[::1',
    '::1',
    'a\nb',
    '*'
  ]
  for (const header of junk) assert.equal(meaningOf(header, far), 'malformed', String(header))
})

test('only names of this machine alone are localhost', () => {
  for (const name of ['localhost', 'ekso.localhost', 'a.b.localhost', '127.0.0.1', '[::1]'])
    assert.ok(isLocalhostName(name), name)
  for (const name of ['localhost.example', 'notlocalhost', '127.0.0.1.example', '10.0.0.1', 'localhost.', ''])
    assert.ok(!isLocalhostName(name), name)
  assert.ok(isLoopbackHost({ name: '[::1]', port: '1' }))
  assert.ok(!isLoopbackHost({ name: 'acme.localhost', port: '6050' }))
})

test('the address of a workspace keeps scheme and port of the public one', () => {
  assert.equal(workspaceUrl(local, 'acme'), 'http://acme.localhost:6050')
  assert.equal(workspaceUrl(far, 'acme'), 'https://acme.ekso.example')
})
