import type { Generated } from 'kysely'

/**
 * The columns of every table, for typed SQL; a law compares them with the migrated database.
 * `Tenant` tables are behind row security, the others are the install's own.
 */
export type Tables = {
  install: InstallTable
  tenants: TenantTable
  users: UserTable
  password_links: PasswordLinkTable
  signups: SignupTable
  signup_codes: SignupCodeTable
  mail_blocks: MailBlockTable
  domain_rests: DomainRestTable
  outbox: OutboxTable
  limit_hits: LimitHitTable
  kept_answers: KeptAnswerTable
}

/** One row: what belongs to the install as a whole. */
type InstallTable = {
  id: Generated<number>
  /** Sealed once at first boot; a secret that cannot open it is the wrong one. */
  check_value: Buffer
  /** The public URL once the first-run wizard has stored it; until then the setting counts. */
  public_url: string | null
  /** When the first-run wizard claimed the home workspace. */
  claimed: Date | null
}

type TenantTable = {
  id: string
  /** `null` for the home workspace, whose host is the public URL's own, and for a closed one. */
  domain: string | null
  is_home: Generated<boolean>
  name: string
  created: Date
  closed: Date | null
  /** When what is left of a closed workspace is erased. */
  erase_after: Date | null
}

type UserTable = {
  tenant_id: string
  id: string
  name: string
  email: string
  /** The address in lower case: one user per address and workspace. */
  email_key: string
  is_super_admin: boolean
  password_hash: string | null
  password_set: Date | null
  created: Date
  created_by: string
  updated: Date
  updated_by: string
  deleted: Generated<boolean>
}

type PasswordLinkTable = {
  tenant_id: string
  id: string
  user_id: string
  token_hash: Buffer
  created: Date
  expires: Date
  used: Date | null
}

type SignupTable = {
  id: string
  handle_hash: Buffer
  name: string
  company: string
  email: string
  email_key: string
  domain: string
  agent_name: string | null
  agent_code_challenge: string | null
  client_address: string
  created: Date
  expires: Date
  sends: number
  corrections: number
  completed: Date | null
  rejected: Date | null
  cancelled: Date | null
  undone: Date | null
  tenant_id: string | null
  undo_hash: Buffer | null
  undo_expires: Date | null
}

type SignupCodeTable = {
  id: string
  signup_id: string
  code_hash: Buffer
  link_hash: Buffer
  mail_id: string
  tries: number
  created: Date
  expires: Date
  used: Date | null
  /** Set by resend, correction, cancel and the end of the sign-up: neither code nor link works any more. */
  killed: Date | null
}

type MailBlockTable = {
  address_hash: Buffer
  until: Date
}

type DomainRestTable = {
  domain: string
  until: Date
  /** The address that gave the name back may take it again. */
  address_hash: Buffer
}

type OutboxTable = {
  id: string
  tenant_id: string | null
  kind: string
  message_id: string
  /** Address, subject and bodies, sealed; wiped when delivered or given up, except in the development mailbox. */
  sealed: Buffer | null
  state: 'queued' | 'accepted' | 'bounced' | 'failed'
  attempts: Generated<number>
  created: Date
  /** After this the letter is worth nothing: it is given up and its body wiped. */
  expires: Date
  /** Not to be tried before: the backoff, or the lease of the worker that is sending it now. */
  next_try: Date
  settled: Date | null
}

type LimitHitTable = {
  bucket: Buffer
  hits: Date[]
  expires: Date
}

type KeptAnswerTable = {
  key_hash: Buffer
  request_hash: Buffer
  /** Status and body, sealed; null only inside the transaction that claims the key. */
  sealed: Buffer | null
  expires: Date
}
