import Type from 'typebox'
import { signedIn } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { answerPage, answerRecord } from '#server/kernel/http/record-answer.ts'
import { Condition, ListQuery, RecordPath, Removed } from '#server/kernel/record.schema.ts'
import { Group, GroupChange, GroupChangeWithId, NewGroup } from './group.schema.ts'
import { addGroup, changeGroup, listGroups, readGroup, removeGroup } from './group.ts'

const tags = ['Groups and rights']

/** Groups of users, to which rights are given. */
export function groupRoutes(app: App): void {
  readingRoutes(app)
  writingRoutes(app)
  bodyIdRoutes(app)
}

function readingRoutes({ http, db, publicUrl }: App): void {
  http.get(
    '/api/security/user-group',
    {
      config: { access: signedIn('work:read') },
      schema: {
        tags,
        summary: 'The groups, by name',
        querystring: ListQuery,
        response: { 200: Type.Array(Group) }
      }
    },
    async (request, reply) => {
      const { actor, query } = request
      const page = await db.write(actor, (tx) => listGroups(tx, actor, query))
      return answerPage(request, reply, publicUrl(), page)
    }
  )

  http.get(
    '/api/security/user-group/:id',
    {
      config: { access: signedIn('work:read') },
      schema: { tags, summary: 'One group', params: RecordPath, response: { 200: Group } }
    },
    async (request, reply) => {
      const { actor, params } = request
      return answerRecord(reply, await db.write(actor, (tx) => readGroup(tx, actor, params.id)))
    }
  )
}

function writingRoutes({ http, once, means }: App): void {
  http.post(
    '/api/security/user-group',
    {
      config: { access: signedIn('admin') },
      schema: { tags, summary: 'Make a group', body: NewGroup, response: { 200: Group } }
    },
    async (request, reply) => {
      const { actor, body } = request
      return answerRecord(reply, await once(request, reply, (tx) => addGroup(tx, actor, means(), body)))
    }
  )

  http.put(
    '/api/security/user-group/:id',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Change a group; what is left out stays',
        params: RecordPath,
        headers: Condition,
        body: GroupChange,
        response: { 200: Group }
      }
    },
    async (request, reply) => {
      const { actor, params, body, headers } = request
      const group = await once(request, reply, (tx) =>
        changeGroup(tx, actor, means(), params.id, body, headers['if-match'])
      )
      return answerRecord(reply, group)
    }
  )

  http.delete(
    '/api/security/user-group/:id',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Remove a group that holds no rights',
        params: RecordPath,
        response: { 200: Removed }
      }
    },
    (request, reply) => {
      const { actor, params } = request
      return once(request, reply, (tx) => removeGroup(tx, actor, means(), params.id))
    }
  )
}

// As the public reference has it: the id in the body.
function bodyIdRoutes({ http, once, means }: App): void {
  http.put(
    '/api/security/user-group',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Change the group that `id` names',
        headers: Condition,
        body: GroupChangeWithId,
        response: { 200: Group }
      }
    },
    async (request, reply) => {
      const { actor, headers } = request
      const { id, ...change } = request.body
      const group = await once(request, reply, (tx) =>
        changeGroup(tx, actor, means(), id, change, headers['if-match'])
      )
      return answerRecord(reply, group)
    }
  )
}
