import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openWorld } from '../../testing/world.ts'
import { Environment, readSettings, SettingsError } from './settings.ts'

const elsewhere = { EKSO_PUBLIC_URL: 'https://ekso.example', SMTP_URL: 'smtp://mail.example' }

/** The faults that this environment has; empty when it is taken. */
function faultsOf(environment: Record<string, string>): string[] {
  try {
    readSettings(environment)
    return []
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return error.faults
  }
}

test('nothing at all is a sound environment, on localhost:6050 [C5-none-needed]', () => {
  const settings = readSettings({})
  assert.equal(settings.publicUrl.href, 'http://localhost:6050/')
  assert.deepEqual([settings.port, settings.host], [6050, '127.0.0.1'])
  assert.deepEqual(
    [settings.databaseUrl, settings.secret, settings.smtpUrl],
    [undefined, undefined, undefined]
  )
  assert.deepEqual([settings.requestsPerSecond, settings.mailsPerDay], [50, 1000])
  assert.deepEqual([settings.mailFrom, settings.setupToken], [undefined, undefined])
  assert.deepEqual(settings.warnings, [])
})

test('an empty or blank value is no value', () => {
  const blank = Object.fromEntries(Object.keys(Environment.properties).map((name) => [name, '  ']))
  assert.deepEqual(readSettings(blank), readSettings({}))
  assert.equal(readSettings({ EKSO_SECRET: ` ${'s'.repeat(32)} ` }).secret, 's'.repeat(32))
})

test('all faults are told at once, each with its variable, and no value is repeated [C5-all-faults]', () => {
  const environment = {
    EKSO_PUBLIC_URL: 'ftp://ekso.example',
    PORT: '0',
    DATABASE_URL: 'mysql://hidden-word@host/db',
    EKSO_SECRET: 'hidden-word',
    SMTP_URL: 'http://hidden-word',
    EKSO_MAIL_FROM: 'nobody',
    EKSO_SIGNUP: 'maybe',
    EKSO_TRUSTED_PROXIES: 'nonsense, 10.0.0.0/8, 0.0.0.0/0',
    EKSO_RATE_LIMIT: '-1',
    EKSO_MAIL_PER_DAY: 'many',
    REDIS_URL: 'memcached://hidden-word',
    LOG_LEVEL: 'loud'
  }
  const faults = faultsOf(environment)
  for (const name of Object.keys(environment))
    assert.equal(
      faults.filter((fault) => fault.startsWith(name)).length,
      name.includes('PROXIES') ? 2 : 1,
      name
    )
  assert.equal(faults.length, Object.keys(environment).length + 1)
  assert.doesNotMatch(faults.join(), /hidden-word/)
  try {
    readSettings(environment)
    assert.fail('it was taken')
  } catch (error) {
    for (const fault of faults) assert.ok((error as Error).message.includes(fault))
  }
})

test('a public URL that is not localhost must be https [C5-https]', () => {
  assert.match(faultsOf({ ...elsewhere, EKSO_PUBLIC_URL: 'http://ekso.example' }).join(), /must be https/)
  assert.deepEqual(faultsOf(elsewhere), [])
  for (const local of ['http://localhost', 'http://localhost:80', 'http://ekso.localhost:6050'])
    assert.deepEqual(faultsOf({ EKSO_PUBLIC_URL: local }), [], local)
  // Names that only look like this machine.
  for (const fake of ['http://localhost.example', 'http://notlocalhost', 'http://localhost.'])
    assert.match(faultsOf({ ...elsewhere, EKSO_PUBLIC_URL: fake }).join(), /must be https/, fake)
})

test('a public URL is an origin of a name that can have sub-domains', () => {
  const bad = [
    'https://ekso.example/path',
    'https://ekso.example?x',
    'https://ekso.example#x',
    'https://u:p@ekso.example'
  ]
  for (const url of bad)
    assert.match(faultsOf({ ...elsewhere, EKSO_PUBLIC_URL: url }).join(), /an origin alone/, url)
  for (const url of [
    'https://192.0.2.1',
    'https://[2001:db8::1]',
    'http://127.0.0.1:6050',
    'https://0x7f000001'
  ])
    assert.match(faultsOf({ ...elsewhere, EKSO_PUBLIC_URL: url }).join(), /rather than an IP address/, url)
  for (const url of ['ekso.example', '//ekso.example', 'https://a b'])
    assert.match(faultsOf({ ...elsewhere, EKSO_PUBLIC_URL: url }).join(), /is not a URL/, url)
  assert.match(faultsOf({ ...elsewhere, EKSO_PUBLIC_URL: 'javascript:alert(1)' }).join(), /http or https/)
  assert.match(faultsOf({ ...elsewhere, EKSO_PUBLIC_URL: 'https://' }).join(), /has no host/)
})

test('it listens on the loopback address for localhost, else on all; HOST decides [C5-host-default]', () => {
  assert.equal(readSettings({ EKSO_PUBLIC_URL: 'http://ekso.localhost' }).host, '127.0.0.1')
  assert.equal(readSettings(elsewhere).host, '0.0.0.0')
  assert.equal(readSettings({ HOST: '::' }).host, '::')
  assert.equal(readSettings({ PORT: '65535' }).publicUrl.port, '65535')
  assert.match(faultsOf({ PORT: '65536' }).join(), /PORT must be at most 65535/)
})

test('a mail server is required when the public URL is not localhost [C5-smtp-required]', () => {
  assert.match(faultsOf({ EKSO_PUBLIC_URL: 'https://ekso.example' }).join(), /SMTP_URL is required/)
  assert.deepEqual(faultsOf({ ...elsewhere, SMTP_URL: 'smtps://user:pass@mail.example:465' }), [])
})

test('a secret has at least 32 bytes', () => {
  assert.match(faultsOf({ EKSO_SECRET: 's'.repeat(31) }).join(), /at least 32 bytes/)
  assert.deepEqual(faultsOf({ EKSO_SECRET: 's'.repeat(32) }), [])
})

test('a trusted proxy is an address or a network, and never everybody [C5-proxies]', () => {
  const { trustedProxies } = readSettings({
    EKSO_TRUSTED_PROXIES: '10.0.0.1, 172.16.0.0/12,2001:db8::/32 , ::1,'
  })
  assert.deepEqual(
    trustedProxies.map(([address, bits]) => `${address}/${bits}`),
    ['10.0.0.1/32', '172.16.0.0/12', '2001:db8::/32', '::1/128']
  )
  for (const all of ['0.0.0.0/0', '::/0', '10.0.0.0/0'])
    assert.match(faultsOf({ EKSO_TRUSTED_PROXIES: all }).join(), /choose its own address/, all)
  for (const junk of [
    '10.0.0.0/33',
    '10.0.0',
    'proxy.example',
    '10.0.0.1/',
    '::/129',
    '1.2.3.4.5',
    '010.0.0.1',
    '1',
    '0x7f.1'
  ])
    assert.match(faultsOf({ EKSO_TRUSTED_PROXIES: junk }).join(), /is not an address or CIDR/, junk)
})

test('a name that is no setting is told, so that no typing error is silent', () => {
  const { warnings } = readSettings({ EKSO_SINGUP: 'open', EKSO_TEST_POSTGRES: '{}', PATH: '/bin' })
  assert.deepEqual(warnings, ['EKSO_SINGUP is not a setting of this server'])
})

test('reading the settings gives the process environment away to nothing else', () => {
  const text = readFileSync(new URL('./settings.ts', import.meta.url), 'utf8')
  assert.equal(text.match(/process\.env/g)?.length, 1)
})

test('EKSO_RATE_LIMIT=0 switches the limit of requests off; without it the 51st is refused [C5-limit-off, S1-limit-fifty]', async (t) => {
  const count = async (environment: Record<string, string>) => {
    const world = await openWorld(t, `limit_${environment.EKSO_RATE_LIMIT ?? 'on'}`, environment)
    const from = world.stranger()
    const answers = await Promise.all(
      Array.from({ length: 120 }, () => world.call('GET /openapi.json', { from }))
    )
    return answers.filter(({ status }) => status === 429).length
  }
  assert.equal(await count({ EKSO_RATE_LIMIT: '0' }), 0)
  assert.ok((await count({ EKSO_RATE_LIMIT: '50' })) > 0)
})

test('off localhost sign-up is closed unless EKSO_SIGNUP=open was set [C5-signup-closed]', async (t) => {
  const ask = async (name: string, environment: Record<string, string>) => {
    const world = await openWorld(t, name, environment)
    const host = environment.EKSO_PUBLIC_URL ? new URL(environment.EKSO_PUBLIC_URL).host : 'localhost:6050'
    const answer = await world.call('POST /api/bo/on/agent/check', { host, body: {} })
    return answer.status === 200 ? 'open' : answer.body.code
  }
  assert.equal(await ask('signup_far', elsewhere), 'SIGNUP_CLOSED')
  assert.equal(await ask('signup_far_open', { ...elsewhere, EKSO_SIGNUP: 'open' }), 'open')
  assert.equal(await ask('signup_near', {}), 'open')
  assert.equal(await ask('signup_near_closed', { EKSO_SIGNUP: 'closed' }), 'SIGNUP_CLOSED')
})

test('a setup token that can be guessed is warned of', () => {
  assert.match(readSettings({ EKSO_SETUP_TOKEN: 'letmein' }).warnings.join(), /EKSO_SETUP_TOKEN is short/)
  assert.deepEqual(readSettings({ EKSO_SETUP_TOKEN: 't'.repeat(16) }).warnings, [])
})
