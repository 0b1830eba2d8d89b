import { openConnection } from '#server/kernel/db.ts'
import type { TestDatabase } from './database.ts'

/** Every value of every column of every table in every schema but PostgreSQL's own, by `schema.table.column`. */
export async function dumpDatabase(database: TestDatabase): Promise<Map<string, unknown[]>> {
  const client = await openConnection(database.superuser)
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class
        where relkind in ('r', 'p', 'm')
          and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')
        order by name`
    )
    const dump = new Map<string, unknown[]>()
    for (const { name } of tables) {
      const { rows } = await client.query<Record<string, unknown>>(`select * from ${name}`)
      for (const row of rows)
        for (const [column, value] of Object.entries(row)) {
          const key = `${name}.${column}`
          dump.set(key, [...(dump.get(key) ?? []), value])
        }
    }
    return dump
  } finally {
    await client.end()
  }
}

/** Where a secret stands in clear: as text, as text within bytes, as hexadecimal, or as the bytes that a token means. */
export function findInClear(dump: Map<string, unknown[]>, secret: string): string[] {
  const bytes = Buffer.from(secret, 'latin1')
  const shapes = [bytes, Buffer.from(bytes.toString('hex')), Buffer.from(bytes.toString('base64url'))]
  if (/^[A-Za-z0-9_-]{22}$/.test(secret)) {
    const meant = Buffer.from(secret, 'base64url')
    shapes.push(meant, Buffer.from(meant.toString('hex')))
  }
  const holds = (value: unknown) => {
    const held = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value ?? null))
    return shapes.some((shape) => isIn(held, shape))
  }
  return [...dump].filter(([, values]) => values.some(holds)).map(([column]) => column)
}

// Six digits also stand by chance within longer numbers, ids and times.
function isIn(held: Buffer, shape: Buffer): boolean {
  const text = held.toString('latin1')
  const wanted = shape.toString('latin1')
  if (!/^[0-9]{6}$/.test(wanted)) return text.includes(wanted)
  return new RegExp(`(?<![0-9a-z.])${wanted}(?![0-9a-z])`).test(text)
}
