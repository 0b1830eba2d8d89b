import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePublicUrl } from './public-url.ts'

for (const [text, origin] of [
  ['https://ekso.acme.com', 'https://ekso.acme.com'],
  ['https://ekso.acme.com/', 'https://ekso.acme.com'],
  ['HTTPS://Ekso.ACME.com:443', 'https://ekso.acme.com'],
  ['https://ekso.acme.com:8443', 'https://ekso.acme.com:8443'],
  ['http://localhost:6050', 'http://localhost:6050'],
  ['http://ekso.localhost', 'http://ekso.localhost'],
  ['https://münchen.example', 'https://xn--mnchen-3ya.example']
] as const) {
  test(`${text} is a public URL`, () => {
    assert.equal(parsePublicUrl(text).url?.origin, origin)
  })
}

const faults: [fault: string, texts: string[]][] = [
  [
    'is not a URL',
    [
      '',
      'acme',
      'not a url',
      '://x',
      'https:ekso.acme.com',
      'https:\\\\acme.com',
      'https://a\u0000b.com',
      'https://a\nb.com',
      'https://\u202eacme.com',
      'https://[::1',
      'https://a:99999'
    ]
  ],
  [
    'must have the scheme http or https',
    ['ftp://acme.com', 'javascript:alert(1)', 'localhost:6050', 'file:///etc', 'mailto:a@b.example']
  ],
  ['has no host', ['http://', 'https:///path', 'https://:443', 'https://?x', 'https://#x', 'http://@']],
  [
    'must be an origin alone, without path, query or user',
    ['https://acme.com/ekso', 'https://acme.com?x=1', 'https://acme.com/#x', 'https://me:pw@acme.com']
  ],
  [
    'must have a host name rather than an IP address: workspaces are sub-domains of it',
    ['https://10.0.0.1', 'http://127.0.0.1:6050', 'https://[::1]', 'https://2130706433', 'https://0x7f.1']
  ],
  [
    'must have a host name of letters, digits, dots and hyphens',
    [
      'https://acme.com.',
      'https://a..b.com',
      'https://*.acme.com',
      'https://-a.com',
      `https://${'a.'.repeat(120)}com`,
      `https://${'a'.repeat(64)}.com`
    ]
  ],
  ['must be https unless it is localhost', ['http://acme.com', 'http://localhost.acme.com']]
]

for (const [fault, texts] of faults) {
  test(`a public URL ${fault}`, () => {
    for (const text of texts) assert.equal(parsePublicUrl(text).fault, fault, JSON.stringify(text))
  })
}
