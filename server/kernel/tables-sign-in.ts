import type { Generated } from 'kysely'

/** The tables of sign-in and of the audit log. */
export type SignInTables = {
  sessions: SessionTable
  sign_in_codes: SignInCodeTable
  sign_in_failures: SignInFailureTable
  audit_events: AuditEventTable
}

type SessionTable = {
  tenant_id: string
  id: string
  user_id: string
  token_hash: Buffer
  /** When the password was set that opened it: another password ends the session. */
  password_set: Date
  /** When the password was last entered in it. */
  password_at: Date
  created: Date
  seen: Date
  expires: Date
}

type SignInCodeTable = {
  tenant_id: string
  id: string
  user_id: string
  /** Of the cookie that holds the browser to the code. */
  token_hash: Buffer
  code_hash: Buffer
  password_set: Date
  return_path: string
  created: Date
  expires: Date
}

type SignInFailureTable = {
  bucket: Buffer
  failures: Date[]
  /** How many waits followed one another; each is twice as long. */
  waits: Generated<number>
  wait_until: Date | null
  expires: Date
}

type AuditEventTable = {
  tenant_id: string
  id: string
  kind: string
  /** Null when nobody was signed in. */
  actor_user_id: string | null
  /** The OAuth client or API key that acted; null for a browser. */
  client_id: string | null
  /** The id of what it was done to. */
  subject: string | null
  note: string | null
  client_address: string | null
  created: Date
}
