import type pg from 'pg'
import type { SourceFile } from './source.ts'

/** One column: its name, PostgreSQL type, and whether it may be null or fills itself. */
export type Column = { table: string; name: string; type: string; isNullable: boolean; hasDefault: boolean }

/** Tables of the install: why they are behind no row security, and why a tenant column in them is no border. */
export const installTables: Record<string, string> = {
  install: 'one row for the whole install',
  tenants: 'the list of workspaces itself, read to find out which one a request is for',
  signups: 'the workspace does not exist yet; `tenant_id` notes which one came of it',
  signup_codes: 'belongs to a sign-up',
  mail_blocks: 'an address refuses mail of the install, whatever the workspace',
  domain_rests: 'the name belongs to no workspace any more',
  outbox: 'mail of sign-ups and of workspaces; `tenant_id` notes whose budget it counts in',
  limit_hits: 'counts by address, before any workspace is known',
  sign_in_failures: 'counts for addresses without an account too; the hash of the bucket holds the workspace',
  kept_answers: 'answers of sign-ups too; the hash of the key holds the workspace',
  schema_migrations: 'which migrations were applied'
}

type Shape = {
  table: string
  hasTenant: boolean
  key: string[]
  isSecured: boolean
  isForced: boolean
  policies: { using: string | null; check: string | null; command: string; isPermissive: boolean }[]
}

/** Every break of the tenant border in the database, as sentences. */
export async function tenantFaults(client: pg.Client, exempt = installTables): Promise<string[]> {
  const shapes = await readShapes(client)
  const names = new Set(shapes.map((shape) => shape.table))
  const tenantTables = new Set(shapes.map(({ table }) => table).filter((table) => !(table in exempt)))
  return [
    ...Object.keys(exempt).flatMap((table) =>
      names.has(table) ? [] : [`${table} is exempt and does not exist`]
    ),
    ...shapes.filter(({ table }) => tenantTables.has(table)).flatMap(shapeFaults),
    ...(await keyFaults(client, tenantTables))
  ]
}

function shapeFaults({ table, hasTenant, key, isSecured, isForced, policies }: Shape): string[] {
  const isWhole = policies.some(
    ({ command, using, check }) => command === '*' && isBorder(using) && isBorder(check)
  )
  // Permissive policies are joined by OR: one that names no tenant opens the table.
  const isHoled = policies.some(
    ({ isPermissive, using, check }) =>
      isPermissive && [using, check].some((rule) => rule !== null && !isBorder(rule))
  )
  const faults: [boolean, string][] = [
    [!hasTenant, 'has no tenant_id and is not listed as a table of the install'],
    [hasTenant && key[0] !== 'tenant_id', 'has a primary key that does not begin with tenant_id'],
    [!isSecured, 'has no row security'],
    [!isForced, 'does not force row security on its owner'],
    [!isWhole, 'has no policy for all commands that compares tenant_id'],
    [isHoled, 'has a policy that lets other tenants through']
  ]
  return faults.filter(([isFault]) => isFault).map(([, fault]) => `${table} ${fault}`)
}

const isBorder = (rule: string | null) =>
  /^\(tenant_id = current_setting\('ekso\.tenant_id'::text, true\)\)$/.test(rule ?? '')

async function readShapes(client: pg.Client): Promise<Shape[]> {
  const { rows } = await client.query<Shape>(`
    select c.relname as "table", c.relrowsecurity as "isSecured", c.relforcerowsecurity as "isForced",
      exists (select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as "hasTenant",
      coalesce((select array_agg(a.attname::text order by k.place)
        from pg_constraint p, unnest(p.conkey) with ordinality as k (number, place), pg_attribute a
        where p.conrelid = c.oid and p.contype = 'p' and a.attrelid = c.oid and a.attnum = k.number), '{}') as key,
      coalesce((select jsonb_agg(jsonb_build_object('using', pg_get_expr(p.polqual, p.polrelid),
          'check', pg_get_expr(p.polwithcheck, p.polrelid), 'command', p.polcmd, 'isPermissive', p.polpermissive))
        from pg_policy p where p.polrelid = c.oid), '[]') as policies
    from pg_class c
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
    order by c.relname`)
  return rows
}

/** Foreign keys that cross the border between tenants, or between a tenant and the install. */
async function keyFaults(client: pg.Client, tenantTables: Set<string>): Promise<string[]> {
  const { rows } = await client.query<{ name: string; from: string; to: string; pairs: string[] }>(`
    select k.conname as name, f.relname as "from", t.relname as "to",
      (select array_agg(a.attname || '=' || b.attname) from unnest(k.conkey, k.confkey) as pair (here, there)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.here
        join pg_attribute b on b.attrelid = k.confrelid and b.attnum = pair.there) as pairs
    from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    where k.contype = 'f' and f.relnamespace = 'public'::regnamespace`)
  return rows
    .filter(({ to, pairs }) => tenantTables.has(to) && !pairs.includes('tenant_id=tenant_id'))
    .map(({ name, from, to }) => `${name}: ${from} refers to ${to} without tenant_id`)
}

export async function readColumns(client: pg.Client): Promise<Column[]> {
  const { rows } = await client.query<Column>(`
    select c.relname as "table", a.attname as name, format_type(a.atttypid, null) as type,
      not a.attnotnull as "isNullable", a.atthasdef or a.attidentity <> '' as "hasDefault"
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
      and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attname`)
  return rows
}

// What pg hands to JavaScript for each type; bigint and numeric come as text.
const typesOf: Record<string, string> = {
  text: 'string',
  uuid: 'string',
  bigint: 'string',
  smallint: 'number',
  integer: 'number',
  'double precision': 'number',
  boolean: 'boolean',
  bytea: 'Buffer',
  'timestamp with time zone': 'Date',
  'timestamp with time zone[]': 'Date[]',
  'text[]': 'string[]',
  'integer[]': 'number[]'
}

/** Columns whose typed declaration and database disagree, as sentences. */
export function columnFaults(declared: Map<string, Map<string, string>>, columns: Column[]): string[] {
  const faults: string[] = []
  const known = new Set(columns.map(({ table, name }) => `${table}.${name}`))
  for (const [table, members] of declared)
    for (const name of members.keys())
      if (!known.has(`${table}.${name}`)) faults.push(`${table}.${name} is declared and not in the database`)
  for (const column of columns) {
    const where = `${column.table}.${column.name}`
    const type = declared.get(column.table)?.get(column.name)
    if (type === undefined) faults.push(`${where} is in the database and not declared`)
    else if (typeFault(type, column))
      faults.push(`${where} is declared as ${type}: ${typeFault(type, column)}`)
  }
  return faults
}

function typeFault(declared: string, { type, isNullable, hasDefault }: Column): string {
  const generated = /^(?:Generated|GeneratedAlways)<(.*)>$/.exec(declared)
  const parts = (generated?.[1] ?? declared).split('|').map((part) => part.trim())
  const bases = new Set(
    parts.filter((part) => part !== 'null').map((part) => (/^['"]/.test(part) ? 'string' : part))
  )
  const base = typesOf[type] ?? `(unknown here: add ${type} to laws/table-shape.ts)`
  if (bases.size !== 1 || !bases.has(base)) return `the database has ${type}, so ${base}`
  if (parts.includes('null') !== isNullable) return isNullable ? 'it may be null' : 'it is never null'
  return generated && !hasDefault ? 'it has no default' : ''
}

/** The tables that kernel/tables.ts and the files beside it declare: table to column to TypeScript type. */
export function declaredTables(files: SourceFile[]): Map<string, Map<string, string>> {
  const shapes = new Map<string, Map<string, string>>()
  const code = files.map((file) => file.code).join('\n')
  for (const match of code.matchAll(/\btype (\w+) = (?:\w+ & )*\{\n([\s\S]*?)\n\}/g))
    shapes.set(match[1] as string, new Map(membersOf(match[2] as string)))
  const tables = [...shapes].flatMap(([name, members]) => (name.endsWith('Tables') ? [...members] : []))
  return new Map(tables.map(([table, shape]) => [table, shapes.get(shape) ?? new Map<string, string>()]))
}

// A union may stand on several lines: a member ends where the next one begins.
function membersOf(body: string): [string, string][] {
  const members = [...body.matchAll(/^ {2}(\w+)\??:\s([\s\S]*?)(?=\n {2}\w+\??:|$(?![\s\S]))/gm)]
  return members.map((match) => [
    match[1] as string,
    (match[2] ?? '').replace(/\s+/g, ' ').trim().replace(/^\| /, '')
  ])
}
