import { problemTable } from '#server/kernel/problem-table.ts'

/** Every problem of the table as a section of its own, by status: what it says, and the way out. */
export function problemSections(): string {
  const rows = Object.entries(problemTable)
  const statuses = [...new Set(rows.map(([, { status }]) => status))].sort((one, other) => one - other)
  return statuses
    .flatMap((status) => {
      const own = rows.filter(([, row]) => row.status === status)
      return [`## ${status} ${own[0]?.[1].kind ?? ''}`, ...own.map(([code, row]) => section(code, row))]
    })
    .join('\n\n')
}

type Row = { retry: string; say: string; wayOut: string; field?: string }

function section(code: string, { retry, say, wayOut, field }: Row): string {
  const about = field ? `, \`field\`: \`${field}\`` : ''
  return [`### ${code}`, `“${say}” \\\n\`retry\`: \`${retry}\`${about}`, wayOut].join('\n\n')
}
