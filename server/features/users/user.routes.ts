import Type from 'typebox'
import { signedIn } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { answerPage, answerRecord } from '#server/kernel/http/record-answer.ts'
import { Condition, ListQuery, RecordPath } from '#server/kernel/record.schema.ts'
import { inviteUser } from './invitation.ts'
import { ListedUser, Me, NewUser, User, UserChange, UserChangeWithId } from './user.schema.ts'
import { changeUser } from './user-change.ts'
import { listUsers, readMe, readUser } from './user-record.ts'

const tags = ['Users']
const description =
  'Your own `locale`, `timezone`, `darkMode` and `notifications` with `work:write`; all else takes a super admin and `admin`. A user made inactive loses sessions, keys and connected apps at once.'

/** The people of a workspace. */
export function userRoutes(app: App): void {
  readingRoutes(app)
  writingRoutes(app)
  bodyIdRoutes(app)
}

function readingRoutes({ http, db, publicUrl }: App): void {
  http.get(
    '/api/user/me',
    {
      config: { access: signedIn() },
      schema: { tags, summary: 'Who this token speaks for, and what it may do', response: { 200: Me } }
    },
    (request) => db.write(request.actor, (tx) => readMe(tx, request.actor))
  )

  http.get(
    '/api/user',
    {
      config: { access: signedIn('work:read') },
      schema: {
        tags,
        summary: 'Everybody in the workspace',
        description: 'What is a user’s own is `null` for others, unless a super admin asks.',
        querystring: ListQuery,
        response: { 200: Type.Array(ListedUser) }
      }
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = await db.write(actor, (tx) => listUsers(tx, actor, query))
      return answerPage(request, reply, publicUrl(), page)
    }
  )

  http.get(
    '/api/user/:id',
    {
      config: { access: signedIn('work:read') },
      schema: {
        tags,
        summary: 'One user',
        description: 'The own record, or for a super admin anybody’s.',
        params: RecordPath,
        response: { 200: User }
      }
    },
    async (request, reply) => {
      const { actor, params } = request
      return answerRecord(reply, await db.write(actor, (tx) => readUser(tx, actor, params.id)))
    }
  )
}

function writingRoutes({ http, once, means }: App): void {
  http.post(
    '/api/user',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Invite somebody',
        description: 'Mails a link that sets the first password; it works for 72 hours.',
        body: NewUser,
        response: { 200: User }
      }
    },
    async (request, reply) => {
      const { actor, body } = request
      return answerRecord(reply, await once(request, reply, (tx) => inviteUser(tx, actor, means(), body)))
    }
  )

  http.put(
    '/api/user/:id',
    {
      config: { access: signedIn() },
      schema: {
        tags,
        summary: 'Change a user; what is left out stays',
        description,
        params: RecordPath,
        headers: Condition,
        body: UserChange,
        response: { 200: User }
      }
    },
    async (request, reply) => {
      const { actor, params, body, headers } = request
      const change = await once(request, reply, (tx) =>
        changeUser(tx, actor, means(), params.id, body, headers['if-match'])
      )
      return answerRecord(reply, change)
    }
  )
}

// As the public reference has it: the id in the body.
function bodyIdRoutes({ http, once, means }: App): void {
  http.put(
    '/api/user',
    {
      config: { access: signedIn() },
      schema: {
        tags,
        summary: 'Change the user that `id` names',
        description,
        headers: Condition,
        body: UserChangeWithId,
        response: { 200: User }
      }
    },
    async (request, reply) => {
      const { actor, headers } = request
      const { id, ...change } = request.body
      const user = await once(request, reply, (tx) =>
        changeUser(tx, actor, means(), id, change, headers['if-match'])
      )
      return answerRecord(reply, user)
    }
  )
}
