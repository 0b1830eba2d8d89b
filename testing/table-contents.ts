import pg from 'pg'
import type { TestDatabase } from './database.ts'

/** What a refused request may write: counted calls, kept answers, tries at a code, a workspace's first keys, and what jobs do to a letter. */
const mayChange = {
  tables: ['limit_hits', 'sign_in_failures', 'kept_answers', 'schema_migrations', 'oauth_keys'],
  columns: ['tries', 'sealed', 'state', 'attempts', 'next_try', 'settled']
}

/** Reads the database as a whole, past row security. */
export type TableContents = {
  /** A fingerprint of every table that a refused request must leave alone: rows and contents. */
  read(): Promise<Record<string, string>>
  close(): Promise<void>
}

export async function openTableContents({ superuser }: TestDatabase): Promise<TableContents> {
  const client = new pg.Client(superuser)
  // The end of the test's world takes the database away under it.
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ name: string; columns: string }>(
    `select table_name as name, string_agg(quote_ident(column_name), ',') as columns
       from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE' and not table_name = any($1) and not column_name = any($2)
      group by table_name`,
    [mayChange.tables, mayChange.columns]
  )
  const query = rows
    .map(
      ({ name, columns }) =>
        `select '${name}' as name, count(*) || ' ' || coalesce(sum(hashtextextended(row(${columns})::text, 0)), 0) as found from "${name}"`
    )
    .join(' union all ')
  return {
    read: async () => {
      const found = await client.query<{ name: string; found: string }>(query)
      return Object.fromEntries(found.rows.map((row) => [row.name, row.found]))
    },
    close: () => client.end()
  }
}
