import type { Law } from './law.ts'
import { isProof, type SourceFile, sourceOf } from './source.ts'

type Example = [path: string, text: string]

type WordLaw = {
  say: string
  in: 'code' | 'strings'
  words: RegExp
  except: RegExp
  bad: Example[]
  fine: Example[]
}

const item = 'server/features/items/item.ts'
const clock = /^server\/kernel\/clock\.ts$/

const words: WordLaw[] = [
  {
    say: 'the environment is read only in kernel/settings.ts',
    in: 'code',
    words:
      /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[|\bimport\.meta\.env\b|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b/,
    except: /^server\/kernel\/settings\.ts$/,
    bad: [
      [item, 'const { PORT } = process.env'],
      [item, 'const { env } = process'],
      [item, "const port = process['env'].PORT"]
    ],
    fine: [
      ['server/kernel/settings.ts', 'process.env.PORT'],
      [item, '// process.env is read elsewhere'],
      [item, 'process.exitCode = 1']
    ]
  },
  {
    say: 'the time is told only by kernel/clock.ts',
    in: 'code',
    words:
      /\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())|\bDate\.now\b|\bperformance\.(?:now|timeOrigin)\b|\bhrtime\b|\bTemporal\.Now\b/,
    except: clock,
    bad: [
      [item, 'const now = new Date()'],
      [item, 'const now = new Date(\n)'],
      [item, 'const now = new Date\n'],
      [item, 'ids.map(Date.now)'],
      [item, 'const start = performance.now()']
    ],
    fine: [
      [item, 'const then = new Date(text)'],
      [item, "const text = 'new Date()'"],
      ['server/kernel/clock.ts', 'new Date()']
    ]
  },
  {
    say: 'rules judge time by a now handed in, never by that of SQL',
    in: 'strings',
    words:
      /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(\s*\)|\b(?:current_timestamp|current_date|localtimestamp)\b/i,
    // It notes when each migration was applied: bookkeeping, on which no rule depends.
    except: /^server\/kernel\/migrate\.ts$/,
    bad: [
      [item, 'sql`select * from items where expires < now()`'],
      [item, "sql.raw('expires < CURRENT_TIMESTAMP')"]
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text under test is a template
    fine: [[item, 'const now = now()\nsql`select * from items where expires < ${now}`']]
  },
  {
    say: 'outbound HTTP leaves only through kernel/outbound.ts',
    in: 'code',
    words:
      /(?<![.\w])fetch\s*[(,;)]|\bglobalThis\.fetch\b|\bnew\s+(?:WebSocket|EventSource|XMLHttpRequest)\b/,
    except: /^server\/kernel\/outbound(?:-[a-z-]+)?\.ts$/,
    bad: [
      [item, 'await fetch(url)'],
      [item, 'send(fetch, url)'],
      [item, 'new WebSocket(url)']
    ],
    fine: [
      [item, 'await outbound.fetch(url)'],
      ['server/kernel/outbound.ts', 'await fetch(url)']
    ]
  },
  {
    say: 'the database is reached only through the handle of kernel/db.ts',
    in: 'code',
    words: /\bnew\s+(?:Kysely|PostgresDialect|Pool|pg\.\w+)\b/,
    except: /^server\/kernel\/(?:db\.ts|postgres\/)/,
    bad: [[item, 'const db = new Kysely<Tables>({ dialect })']],
    fine: [['server/kernel/db.ts', 'new pg.Pool({})']]
  },
  {
    say: 'no import hides from the laws',
    in: 'code',
    words: /\bimport\s*\(\s*(?!['"]|\s)|\brequire\s*\(/,
    except: /^$/,
    bad: [
      [item, 'await import(name)'],
      [item, "require('pg')"]
    ],
    fine: [
      [item, "await import('./item-link.ts')"],
      [item, 'createRequire(here)']
    ]
  },
  {
    say: 'exports have names',
    in: 'code',
    words: /\bexport\s+default\b|\bas\s+default\b/,
    except: /^$/,
    bad: [
      [item, 'export default function () {}'],
      [item, 'export { item as default }']
    ],
    fine: [[item, 'export function item() {}']]
  }
]

/** Which words may stand only in one place of the server. */
export const wordLaws: Law<SourceFile>[] = words.map((law) => ({
  say: law.say,
  broken: (file) =>
    file.path.startsWith('server/') &&
    !isProof(file.path) &&
    !law.except.test(file.path) &&
    law.words.test(file[law.in]),
  bad: law.bad.map(([path, text]) => sourceOf(path, text)),
  fine: law.fine.map(([path, text]) => sourceOf(path, text))
}))
