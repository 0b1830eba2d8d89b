import { fastify } from 'fastify'
import pg from 'pg'
import { connectionOptions } from '#server/kernel/db.ts'
import { makeSecrets } from '#server/kernel/secrets.ts'

// The floor under a status answer: the same framework, pool and queries, without tenant, transaction, limits, schema or
// log. What the server costs beyond this is what its conventions cost.

const { DATABASE: database = '{}', SECRET: secret = '', PORT: port } = process.env
const pool = new pg.Pool({ ...connectionOptions(JSON.parse(database)), pipeline: true, max: 16 })
const secrets = makeSecrets(secret)
const http = fastify()

http.get('/', () => 'ready')

http.get('/api/bo/on/agent/signups/:signupId', async (request, reply) => {
  const { signupId } = request.params as { signupId: string }
  const client = await pool.connect()
  try {
    const found = await client.query('select * from signups where handle_hash = $1', [
      secrets.hash('signup-id', signupId)
    ])
    const signup = found.rows[0]
    if (!signup) return reply.code(404).send()
    const code = await client.query(
      'select * from signup_codes where signup_id = $1 order by created desc, id desc limit 1',
      [signup.id]
    )
    const letter = await client.query('select state from outbox where id = $1', [code.rows[0]?.mail_id])
    return { status: 'awaiting_confirmation', expiresAt: signup.expires, delivery: letter.rows[0]?.state }
  } finally {
    client.release()
  }
})

await http.listen({ port: Number(port), host: '127.0.0.1' })
process.once('SIGTERM', () => void http.close().then(() => pool.end()))
