import { globSync, readFileSync } from 'node:fs'
import { defaultFormsAuth } from '#server/features/configuration/forms-auth.ts'
import {
  type ApiDocument,
  exampleOf,
  operations,
  resolve,
  type Schema
} from '#server/kernel/http/api-document.ts'
import type { Door } from '#server/kernel/http/http-type.ts'
import { beginFor, callerOf, fillPath, parameterOf, valueMakers, visitorOf } from './door-value.ts'
import { newWish } from './signups.ts'
import type { CallOptions, World } from './world.ts'

export type SoundRequest = { what: string; options: CallOptions & { host: string } }

/** Requests to a door that it would take, made from what the running server says of itself. */
export type DoorRequests = {
  door: Door
  /** The shape of its JSON body, when it has one. */
  schema: Schema | undefined
  document: ApiDocument
  /** A sound request; a new one each time, unless the last one made is still unspent. */
  next(): Promise<SoundRequest>
  /** Whether `next` will make values, which changes the database. */
  isSpent(): boolean
  /** The last request did its work: the next one needs other values. */
  spend(): void
}

export async function readDocument(world: World): Promise<ApiDocument> {
  return (await world.call('GET /openapi.json')).body as ApiDocument
}

export function requestsOf(world: World, document: ApiDocument, door: Door): DoorRequests {
  const path = door.url.replace(/:([A-Za-z]+)/g, '{$1}')
  const found = operations(document).find((one) => one.method === door.method && one.path === path)
  const schema = found?.operation.requestBody?.content['application/json']?.schema
  const parameter = parameterOf(door)
  let made: SoundRequest | undefined
  const make = async (): Promise<SoundRequest> => {
    const value = parameter ? await valueMakers[parameter]?.(world) : undefined
    const caller = door.access.kind === 'signed-in' ? await callerOf(world) : undefined
    const visitor = /^\/(?:account|interaction)(?:\/|$)/.test(door.url) ? await visitorOf(world) : undefined
    const host = value?.host ?? caller?.host ?? visitor?.host ?? 'localhost:6050'
    const headers: Record<string, string> = caller
      ? { authorization: `Bearer ${caller.owner.key}` }
      : visitor
        ? { cookie: visitor.cookie }
        : {}
    const what = `${door.method} ${value ? fillPath(door, value.value) : door.url}`
    const isForm = door.access.kind === 'page' && door.method !== 'GET'
    if (isForm) return { what, options: { host, headers, form: {} } }
    if (!schema) return { what, options: { host, headers } }
    const body = caller ? soundRecord : soundBody
    return { what, options: { host, headers, body: await body(world, document, schema, door) } }
  }
  return {
    door,
    schema,
    document,
    next: async () => {
      made ??= await make()
      return made
    },
    isSpent: () => made === undefined,
    spend: () => {
      made = undefined
    }
  }
}

// What the fields of our own bodies mean; a field that is not here takes an example from its schema.
async function soundBody(world: World, document: ApiDocument, schema: Schema): Promise<object> {
  const names = Object.keys(resolve(document, schema).properties ?? {})
  const begun = names.includes('verificationCode') ? await beginFor(world) : undefined
  const known: Record<string, unknown> = {
    ...(begun?.wish ?? newWish()),
    agent: { name: 'Claude Code', codeChallenge: 'c'.repeat(43) },
    verificationCode: begun?.verificationCode,
    signupId: begun?.signupId
  }
  return Object.fromEntries(
    names.map((name) => [
      name,
      known[name] ?? exampleOf(document, resolve(document, schema).properties?.[name] ?? {})
    ])
  )
}

// What may stand in the records of a workspace without being refused for what it means.
async function soundRecord(world: World, document: ApiDocument, schema: Schema, door: Door): Promise<object> {
  const names = Object.keys(resolve(document, schema).properties ?? {})
  const { domain, email } = newWish()
  const known: Record<string, unknown> = {
    ...defaultFormsAuth,
    ...{ name: domain, email, superAdmin: false, locked: null, type: 'Custom', member: [], userGroup: [] },
    ...{ area: 'Docs', role: 'Filter' },
    ...{ scopes: ['work:read'], expiresAt: null, id: (await valueMakers[`${door.url}/:id`]?.(world))?.value }
  }
  const optional = ['area', 'role', 'accessControlId', 'isSystem']
  const wanted = names.filter((name) => door.method === 'POST' || !optional.includes(name))
  return Object.fromEntries(
    wanted.map((name) => [
      name,
      name in known ? known[name] : exampleOf(document, resolve(document, schema).properties?.[name] ?? {})
    ])
  )
}

/** The dotted path of every field of a body, those within others included. */
export function fieldPaths(document: ApiDocument, given: Schema, before = ''): string[] {
  const { properties = {} } = resolve(document, given)
  return Object.entries(properties).flatMap(([name, member]) => [
    `${before}${name}`,
    ...fieldPaths(document, member, `${before}${name}.`)
  ])
}

/** A copy of the body with another value at the dotted path. */
export function withField(body: unknown, path: string, value: unknown): object {
  const copy = structuredClone(body) as Record<string, unknown>
  const names = path.split('.')
  const last = names.pop() ?? ''
  let place = copy
  for (const name of names) place = place[name] as Record<string, unknown>
  place[last] = value
  return copy
}

/** The name of every field in a form of our pages, read from their sources. */
export function formFields(): string[] {
  const sources = globSync('server/features/**/*.ts', {
    exclude: (name) => name.endsWith('.test.ts'),
    cwd: new URL('..', import.meta.url).pathname
  })
  const names = sources.flatMap((path) => {
    const text = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
    return [
      ...text.matchAll(/<(?:input|select|textarea|button)\b[^>]*?\bname="([A-Za-z_-]+)"/g),
      ...text.matchAll(/\bformField\(\{\s*name: '([A-Za-z_-]+)'/g)
    ]
  })
  return [...new Set(names.map((found) => found[1] ?? ''))].sort()
}
