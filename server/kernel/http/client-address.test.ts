import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSmallApp, type SmallApp } from '../../../testing/small-app.ts'
import { limitKey } from './client-address.ts'

async function clientOf(app: SmallApp, peer: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await app.http.inject({
    url: '/api/thing/5',
    remoteAddress: peer,
    headers: { host: 'localhost:6050', ...headers }
  })
  return answer.json().client
}

const proxies = { EKSO_TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8:1::/48' }
const walks: [peer: string, forwarded: string, client: string][] = [
  ['10.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['10.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  ['10.0.0.1', '198.51.100.1, 203.0.113.7, 10.9.9.9', '203.0.113.7'],
  ['10.0.0.1', '1.1.1.1,203.0.113.7,10.1.1.1,2001:db8:1::5', '203.0.113.7'],
  ['10.0.0.1', '10.3.3.3', '10.3.3.3'],
  ['10.0.0.1', '', '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1, , 10.2.2.2', '10.2.2.2'],
  ['10.0.0.1', '1.1.1.1, 0x7f000001', '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1, 010.0.0.1', '10.0.0.1'],
  ['10.0.0.1', '2001:DB8:0:0::9', '2001:db8::9'],
  ['10.0.0.1', '::ffff:203.0.113.7', '203.0.113.7'],
  ['::ffff:10.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['2001:db8:1::1', '203.0.113.7', '203.0.113.7'],
  ['203.0.113.50', '1.1.1.1', '203.0.113.50'],
  ['::ffff:203.0.113.50', '1.1.1.1', '203.0.113.50'],
  ['fe80::1%eth0', '1.1.1.1', 'fe80::1']
]

for (const [peer, forwarded, client] of walks) {
  test(`behind ${peer} with "${forwarded}" the client is ${client} [C1-limit-client]`, async (t) => {
    const app = buildSmallApp(t, { environment: proxies })
    assert.equal(await clientOf(app, peer, { 'x-forwarded-for': forwarded }), client)
  })
}

test('without trusted proxies the peer is the client', async (t) => {
  assert.equal(await clientOf(buildSmallApp(t), '127.0.0.1', { 'x-forwarded-for': '1.1.1.1' }), '127.0.0.1')
})

test('no other header names the client', async (t) => {
  const headers = { 'x-real-ip': '1.1.1.1', forwarded: 'for=1.1.1.1', 'true-client-ip': '1.1.1.1' }
  assert.equal(await clientOf(buildSmallApp(t, { environment: proxies }), '10.0.0.1', headers), '10.0.0.1')
})

test('forwarding headers of an untrusted private peer are logged once [C1-limit-untrusted-log]', async (t) => {
  const app = buildSmallApp(t)
  await clientOf(app, '172.17.0.1', { 'x-forwarded-proto': 'https' })
  await clientOf(app, '172.17.0.1', { 'x-forwarded-for': '1.1.1.1' })
  const warnings = app.lines.filter((line) => line.level === 'warn')
  assert.equal(warnings.length, 1)
  assert.match(String(warnings[0]?.msg), /EKSO_TRUSTED_PROXIES/)
})

test('forwarding headers of a public peer are nothing to log', async (t) => {
  const app = buildSmallApp(t)
  await clientOf(app, '203.0.113.50', { 'x-forwarded-for': '1.1.1.1' })
  assert.ok(app.lines.every((line) => line.level !== 'warn'))
})

test('addresses of one IPv6 network of 64 bits count as one client [C1-limit-ipv6]', () => {
  assert.equal(limitKey('2001:db8:0:1::1'), limitKey('2001:db8:0:1:ffff:ffff:ffff:ffff'))
  assert.notEqual(limitKey('2001:db8:0:1::1'), limitKey('2001:db8:0:2::1'))
  assert.notEqual(limitKey('10.0.0.1'), limitKey('10.0.0.2'))
})
