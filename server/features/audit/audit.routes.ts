import Type from 'typebox'
import { signedIn } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { answerPage } from '#server/kernel/http/record-answer.ts'
import { AuditEvent, AuditQuery } from './audit.schema.ts'
import { listEvents } from './audit-log.ts'

/** What was done in the workspace, for its super admins. */
export function auditRoutes({ http, db, publicUrl }: App): void {
  http.get(
    '/api/audit',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags: ['Audit log'],
        summary: 'What was done, newest first',
        description: 'Sign-ins, passwords, consent, keys, users and rights. It holds no secret.',
        querystring: AuditQuery,
        response: { 200: Type.Array(AuditEvent) }
      }
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = await db.write(actor, (tx) => listEvents(tx, actor, query))
      return answerPage(request, reply, publicUrl(), page)
    }
  )
}
