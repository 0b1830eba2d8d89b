import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isPublicAddress, openOutbound } from './outbound.ts'

const folder = mkdtempSync(join(tmpdir(), 'ekso-outbound-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
execFileSync(
  'openssl',
  [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=docs.example',
    '-addext',
    'subjectAltName=DNS:docs.example',
    '-keyout',
    keyFile,
    '-out',
    certFile
  ],
  { stdio: 'ignore' }
)
const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) }

const toLoopback: LookupFunction = (_name, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)

let connections = 0
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(tls, listener)
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => void server.close())
  return `https://docs.example:${(server.address() as AddressInfo).port}/doc`
}

const open = (isAllowed?: (address: string) => boolean) =>
  openOutbound({ lookup: toLoopback, tls: { ca: tls.cert }, ...(isAllowed ? { isAllowed } : {}) })
const options = { accept: 'application/json', mostBytes: 100 }

test('a small text over https is brought, with the wanted type and no cookies [C3-outbound]', async () => {
  let headers: Record<string, unknown> = {}
  const url = await serve((request, response) => {
    headers = request.headers
    response.setHeader('cache-control', 'max-age=5').end('{}')
  })
  const answer = await open(() => true).get(url, options)
  assert.deepEqual([answer.status, answer.body, answer.headers['cache-control']], [200, '{}', 'max-age=5'])
  assert.deepEqual([headers.accept, headers.cookie], ['application/json', undefined])
})

test('a name that means a private address is refused before anything is sent [C3-outbound-ssrf]', async () => {
  const url = await serve((_request, response) => response.end('{}'))
  connections = 0
  await assert.rejects(open().get(url, options), /not public/)
  assert.equal(connections, 0)
})

test('addresses written as numbers are judged too [C3-outbound-ssrf]', async () => {
  for (const host of [
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
    '10.0.0.1',
    '[fd00::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1'
  ])
    await assert.rejects(openOutbound().get(`https://${host}/x`, options), /not public/, host)
})

test('special-use networks are not public [C3-outbound-ssrf]', () => {
  for (const address of [
    '0.0.0.0',
    '10.1.1.1',
    '100.64.0.1',
    '127.0.0.2',
    '169.254.1.1',
    '172.16.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '100::1',
    '2001:db8::1',
    '2002:a00:1::',
    'fc00::1',
    'fe80::1',
    'ff02::1',
    'nonsense'
  ])
    assert.equal(isPublicAddress(address), false, address)
  for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700::1111'])
    assert.ok(isPublicAddress(address), address)
})

test('redirects are not followed, large answers are cut, plain http is refused [C3-outbound]', async () => {
  const moved = await serve((_request, response) =>
    response.writeHead(302, { location: 'https://127.0.0.1/' }).end()
  )
  assert.equal((await open(() => true).get(moved, options)).status, 302)
  const large = await serve((_request, response) => response.end('x'.repeat(101)))
  await assert.rejects(open(() => true).get(large, options), /too large/)
  await assert.rejects(open(() => true).get('http://docs.example/x', options), /only https/)
})

test('an answer that does not come is given up [C3-outbound]', async () => {
  const silent = await serve(() => {})
  const started = performance.now()
  await assert.rejects(open(() => true).get(silent, options))
  assert.ok(performance.now() - started < 5000)
})
