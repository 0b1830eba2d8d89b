import { signedIn } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { answerRecord } from '#server/kernel/http/record-answer.ts'
import { Condition } from '#server/kernel/record.schema.ts'
import { FormsAuth, FormsAuthChange } from './forms-auth.schema.ts'
import { changeFormsAuth, readFormsAuth } from './forms-auth.ts'

const tags = ['Settings']

/** How people sign in by e-mail and password in a workspace. */
export function formsAuthRoutes({ http, db, once, means }: App): void {
  http.get(
    '/api/config/forms-auth',
    {
      config: { access: signedIn('admin') },
      schema: { tags, summary: 'How people sign in by password', response: { 200: FormsAuth } }
    },
    async (request, reply) => {
      const { actor } = request
      return answerRecord(reply, await db.write(actor, (tx) => readFormsAuth(tx, actor)))
    }
  )

  http.put(
    '/api/config/forms-auth',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Change how people sign in by password; what is left out stays',
        headers: Condition,
        body: FormsAuthChange,
        response: { 200: FormsAuth }
      }
    },
    async (request, reply) => {
      const { actor, body, headers } = request
      const changed = await once(request, reply, (tx) =>
        changeFormsAuth(tx, actor, means(), body, headers['if-match'])
      )
      return answerRecord(reply, changed)
    }
  )
}
