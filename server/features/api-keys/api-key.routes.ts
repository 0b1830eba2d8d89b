import Type from 'typebox'
import { signedIn } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { answerPage } from '#server/kernel/http/record-answer.ts'
import { ListQuery, RecordPath, Removed } from '#server/kernel/record.schema.ts'
import { ApiKey, MadeApiKey, NewApiKey } from './api-key.schema.ts'
import { listKeys, mintKey, revokeKey } from './api-key.ts'

const tags = ['API keys']

/** Keys for programs that cannot go through OAuth. */
export function apiKeyRoutes({ http, db, once, means, publicUrl }: App): void {
  http.post(
    '/api/admin/api-key',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Make a key that acts for you',
        description: 'Not with a key. The key is shown once; a mail tells you about it.',
        body: NewApiKey,
        response: { 200: MadeApiKey }
      }
    },
    (request, reply) => {
      const { actor, body } = request
      reply.header('cache-control', 'no-store')
      return once(request, reply, (tx) => mintKey(tx, actor, means(), body))
    }
  )

  http.get(
    '/api/admin/api-key',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'The keys, newest first',
        description: 'Your own; a super admin sees everybody’s.',
        querystring: ListQuery,
        response: { 200: Type.Array(ApiKey) }
      }
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = await db.write(actor, (tx) => listKeys(tx, actor, query))
      return answerPage(request, reply, publicUrl(), page)
    }
  )

  http.delete(
    '/api/admin/api-key/:id',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Revoke a key, at once',
        params: RecordPath,
        response: { 200: Removed }
      }
    },
    (request, reply) => {
      const { actor, params } = request
      return once(request, reply, (tx) => revokeKey(tx, actor, means(), params.id))
    }
  )
}
