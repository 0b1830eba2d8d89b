import Type from 'typebox'
import { signedIn } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { answerRecord } from '#server/kernel/http/record-answer.ts'
import { problem } from '#server/kernel/problem.ts'
import { Condition, RecordPath } from '#server/kernel/record.schema.ts'
import {
  AccessControl,
  AccessControlChange,
  AccessControlChangeWithId,
  NewAccessControl
} from './access-control.schema.ts'
import {
  addAccessControl,
  changeAccessControl,
  listAccessControls,
  readAccessControl
} from './access-control.ts'

const tags = ['Groups and rights']

/** Which groups have which role in the six areas of the application. */
export function accessControlRoutes(app: App): void {
  readingRoutes(app)
  writingRoutes(app)
}

function readingRoutes({ http, db }: App): void {
  http.get(
    '/api/access-control',
    {
      config: { access: signedIn('work:read') },
      schema: {
        tags,
        summary: 'Every role of every area, with its groups',
        response: { 200: Type.Array(AccessControl) }
      }
    },
    (request) => db.write(request.actor, (tx) => listAccessControls(tx, request.actor))
  )

  http.get(
    '/api/access-control/:id',
    {
      config: { access: signedIn('work:read') },
      schema: { tags, summary: 'One role of one area', params: RecordPath, response: { 200: AccessControl } }
    },
    async (request, reply) => {
      const { actor, params } = request
      return answerRecord(reply, await db.write(actor, (tx) => readAccessControl(tx, actor, params.id)))
    }
  )
}

function writingRoutes({ http, once, means }: App): void {
  http.post(
    '/api/access-control',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Give groups a role that the area did not have',
        body: NewAccessControl,
        response: { 200: AccessControl }
      }
    },
    async (request, reply) => {
      const { actor, body } = request
      const control = await once(request, reply, (tx) => addAccessControl(tx, actor, means(), body))
      return answerRecord(reply, control)
    }
  )

  http.put(
    '/api/access-control/:id',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Say which groups have the role',
        params: RecordPath,
        headers: Condition,
        body: AccessControlChange,
        response: { 200: AccessControl }
      }
    },
    async (request, reply) => {
      const { actor, params, body, headers } = request
      const control = await once(request, reply, (tx) =>
        changeAccessControl(tx, actor, means(), params.id, body, headers['if-match'])
      )
      return answerRecord(reply, control)
    }
  )

  http.put(
    '/api/access-control',
    {
      config: { access: signedIn('admin') },
      schema: {
        tags,
        summary: 'Say which groups have the role that `id` or `accessControlId` names',
        headers: Condition,
        body: AccessControlChangeWithId,
        response: { 200: AccessControl }
      }
    },
    async (request, reply) => {
      const { actor, body, headers } = request
      const id = body.id ?? body.accessControlId
      if (id === undefined)
        throw problem('VALIDATION_FAILED', { fields: [{ field: 'id', code: 'required' }] })
      const control = await once(request, reply, (tx) =>
        changeAccessControl(tx, actor, means(), id, body, headers['if-match'])
      )
      return answerRecord(reply, control)
    }
  )
}
