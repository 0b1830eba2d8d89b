import { type ProblemCode, type ProblemRow, problemTable } from './problem-table.ts'

export type { ProblemCode } from './problem-table.ts'

/** One faulty field of a Validation problem; dotted path for nested ones (contract §1). */
export type FieldFault = { field: string; code: string }

type ProblemOptions = {
  fields?: FieldFault[]
  retryAfterSeconds?: number | undefined
  /** Members beside the contract's five, such as `suggestions` or `nextActions`. */
  members?: Record<string, unknown>
  /** The transaction that throws it commits what it wrote before: a counted try must not be undone. */
  keepsWrites?: boolean
  /** It is the kept answer of an earlier request with the same Idempotency-Key. */
  isReplay?: boolean
  /** For the log only; never sent. */
  cause?: unknown
}

/** An error that a caller may see. Anything else that is thrown becomes `INTERNAL_ERROR`. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly row: ProblemRow
  readonly fields: FieldFault[]
  readonly retryAfterSeconds: number | undefined
  readonly members: Record<string, unknown>
  readonly keepsWrites: boolean
  readonly isReplay: boolean

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(problemTable[code].say, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.row = problemTable[code]
    this.fields = options.fields ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
    this.members = options.members ?? {}
    this.keepsWrites = options.keepsWrites ?? false
    this.isReplay = options.isReplay ?? false
  }
}

export function problem(code: ProblemCode, options?: ProblemOptions): Problem {
  return new Problem(code, options)
}

/** The body of an error answer: the five members of contract §1 and what the problem adds. */
export function problemBody(found: Problem, requestId: string): Record<string, unknown> {
  return {
    kind: found.row.kind,
    message: found.message,
    fields: found.fields,
    code: found.code,
    requestId,
    ...found.members
  }
}
