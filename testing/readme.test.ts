import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startServer } from './running-server.ts'

const run = promisify(execFile)

async function walkOfReadme(): Promise<string> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '')
  const walks = blocks.filter((block) => block.startsWith('EKSO='))
  assert.equal(walks.length, 1)
  return walks[0] ?? ''
}

test('the walk in README, pasted as it stands, ends with a tenantId and a loginUrl that answers', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ekso-readme-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const server = await startServer(t, { EKSO_DATA_DIR: join(folder, 'data') })
  const walk = await walkOfReadme()
  // Without --norc bash takes the pipe of a test for a remote login and runs the user's files.
  const shells: [string, string[], string][] = [
    ['bash', ['--norc'], walk],
    ['sh', [], again(walk)]
  ]
  for (const [shell, options, script] of shells) {
    const environment = { PATH: process.env.PATH ?? '', EKSO: server.url }
    const { stdout, stderr } = await run(shell, [...options, '-c', script], {
      env: environment,
      timeout: 30_000
    })
    assert.equal(stderr, '')
    const [, done = '', heading] = stdout.trim().split('\n')
    const answer = JSON.parse(done)
    assert.match(answer.tenantId, /^[0-9a-f]{12}$/)
    assert.equal(answer.loginUrl, `http://${answer.domain}.localhost:${server.port}`)
    assert.equal(heading, '<h1>Acme Corp</h1>')
  }
  assert.equal(await server.end('SIGINT'), 0)
})

/** As README says: another domain; and another address rather than two minutes. */
function again(walk: string): string {
  return walk.replace('DOMAIN=acme', 'DOMAIN=acme-two').replace('jane@example.com', 'jane@example.org')
}
