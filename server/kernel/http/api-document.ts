/** As much of OpenAPI 3.1 as the server reads back from the document it makes. */
export type ApiDocument = {
  openapi: string
  info: { title: string; version: string; description?: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, Schema> }
}

export type Operation = {
  summary?: string
  description?: string
  tags?: string[]
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
  responses?: Record<string, Answer>
}

export type Answer = { description: string; content?: Record<string, { schema?: Schema }> }

export type Schema = {
  $ref?: string
  type?: string | string[]
  description?: string
  required?: string[]
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  examples?: unknown[]
  example?: unknown
  default?: unknown
}

/** Every operation of the document with its place, in the document's order. */
export function operations(document: ApiDocument): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation }))
  )
}

/** The schema itself where this is a reference to a shared one. */
export function resolve(document: ApiDocument, schema: Schema): Schema {
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? '')?.[1]
  return (name === undefined ? undefined : document.components?.schemas?.[name]) ?? schema
}

const depthLimit = 6

/** A value of the schema's shape, from its own examples where it has them. */
export function exampleOf(document: ApiDocument, given: Schema, depth = 0): unknown {
  const schema = resolve(document, given)
  const own = schema.example ?? schema.examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0]
  if (own !== undefined || depth > depthLimit) return own ?? null
  const branch = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0]
  if (branch) return exampleOf(document, branch, depth + 1)
  const type = [schema.type].flat()[0]
  if (type === 'object') {
    const members = Object.entries(schema.properties ?? {}).filter(([name]) =>
      schema.required?.includes(name)
    )
    return Object.fromEntries(members.map(([name, member]) => [name, exampleOf(document, member, depth + 1)]))
  }
  if (type === 'array') return schema.items ? [exampleOf(document, schema.items, depth + 1)] : []
  if (type === 'integer' || type === 'number') return 1
  return type === 'boolean' ? true : type === 'null' ? null : 'text'
}
