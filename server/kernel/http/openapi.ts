import { fastifySwagger } from '@fastify/swagger'
import Type from 'typebox'
import { anyone, page } from './access.ts'
import { type ApiDocument, type Operation, operations } from './api-document.ts'
import { bodyBytes } from './body.ts'
import { docsPage } from './docs-page.ts'
import type { Access, Http } from './http-type.ts'

/**
 * Serves `/openapi.json` (3.1) and `/docs`, both made from the schemas that validate. Call it before the doors are
 * added: it hears of each as it comes. Routes below `/api/` are described, others when their schema has tags.
 */
export function registerOpenApi(http: Http, publicUrl: () => URL): void {
  // Called as a function rather than registered: a plugin would load after the doors and hear of none.
  fastifySwagger(http, { openapi: frame(), convertConstToEnum: false, transform: describe }, () => {})
  const document = (): ApiDocument => {
    const made = http.swagger() as unknown as ApiDocument
    return { ...withProblems(made), servers: [{ url: publicUrl().origin }] }
  }

  http.get('/openapi.json', { config: { access: anyone({ on: 'any' }) } }, document)

  http.get('/docs', { config: { access: page({ on: 'any' }) } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(docsPage(document()).text)
  )
}

function frame() {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Ekso API',
      version: '1.0',
      description:
        'JSON in and out. Errors have one shape everywhere, with a stable `code`; `/guide/errors` lists them all.'
    },
    components: {
      schemas: { Problem: ProblemAnswer },
      securitySchemes: {
        bearer: {
          type: 'http' as const,
          scheme: 'bearer',
          description:
            'An access token of the workspace (OAuth 2.0, found from `/.well-known/oauth-authorization-server`) or an API key (`ek_…`). Each operation lists the scopes that it needs.'
        }
      }
    }
  }
}

type Described = {
  url: string
  schema: object
  route: { bodyLimit?: number; config?: { access?: Access } }
}

function describe({ url, schema, route }: Described) {
  const known = schema as { hide?: boolean; tags?: string[]; body?: unknown } | undefined
  const isShown = known?.hide !== true && (url.startsWith('/api/') || known?.tags !== undefined)
  if (!isShown) return { url, schema: { ...known, hide: true } }
  const limit = known?.body === undefined ? {} : { 'x-max-body-bytes': route.bodyLimit ?? bodyBytes }
  const access = route.config?.access
  const security = access?.kind === 'signed-in' ? { security: [{ bearer: access.scopes }] } : {}
  return { url, schema: { ...known, ...limit, ...security } }
}

// Every operation can fail in the same shape, so it is written once.
function withProblems(document: ApiDocument): ApiDocument {
  for (const { operation } of operations(document)) addProblem(operation)
  return document
}

function addProblem(operation: Operation): void {
  operation.responses ??= {}
  operation.responses.default ??= {
    description: 'A problem. `code` says which one; `retry-after` says when another try makes sense.',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } }
  }
}

const ProblemAnswer = Type.Object({
  kind: Type.String({ description: 'The family of the problem, such as `Validation` or `Logic`.' }),
  message: Type.String({ description: 'One sentence for people.' }),
  fields: Type.Array(Type.Object({ field: Type.String(), code: Type.String() }), {
    description: 'The fields at fault; empty unless `kind` is `Validation`.'
  }),
  code: Type.String({ description: 'Stable, in UPPER_SNAKE.' }),
  requestId: Type.String({ description: 'Finds this request in the log of the server.' })
})
