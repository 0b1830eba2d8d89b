import type { Generated } from 'kysely'
import type { RightsTables } from './tables-rights.ts'
import type { SignInTables } from './tables-sign-in.ts'

/**
 * The columns of every table, for typed SQL; a law compares them with the migrated database. Larger families of
 * tables stand in files beside this one.
 * `Tenant` tables are behind row security, the others are the install's own.
 */
export type Tables = FirstTables & RightsTables & SignInTables

type FirstTables = {
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
  oauth_clients: OauthClientTable
  oauth_grants: OauthGrantTable
  oauth_artifacts: OauthArtifactTable
  oauth_keys: OauthKeyTable
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
  initials: Generated<string>
  locale: Generated<string>
  timezone: Generated<string>
  dark_mode: Generated<'system' | 'light' | 'dark'>
  notifications: Generated<boolean>
  cost_center: Generated<string>
  job_role: Generated<string>
  working_hours: Generated<string>
  /** An inactive user cannot sign in; what they did stays. */
  active: Generated<boolean>
  /** Since when the account is locked. */
  locked: Date | null
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
  /** The owner's yes: the code that was read out, or the ticked box of the page. */
  agent_allowed: Generated<boolean>
  /** The grant that the agent has now; taken back when a fresh one is given. */
  agent_grant_id: string | null
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

type OauthClientTable = {
  tenant_id: string
  id: string
  /** `agent` cannot be used at `/authorize`; `own` is the web app, which needs no consent. */
  kind: 'registered' | 'agent' | 'own'
  name: string
  /** RFC 7591 metadata as JSON, without the secret. */
  metadata: string
  /** Recoverable, since the library compares plain text. */
  sealed_secret: Buffer | null
  created: Date
  consented: Date | null
  expires: Date | null
}

type OauthGrantTable = {
  tenant_id: string
  id: string
  user_id: string
  client_id: string
  client_name: string
  redirect_host: string
  resource: string
  scope: string
  /** As the library stores a grant: JSON. */
  payload: string
  created: Date
  expires: Date
  first_used: Date | null
  last_used: Date | null
}

type OauthArtifactTable = {
  tenant_id: string
  /** The library's name of the model: AuthorizationCode, RefreshToken, Interaction, … */
  kind: string
  id_hash: Buffer
  grant_id: string | null
  client_id: string | null
  payload: string
  browser_hash: Buffer | null
  created: Date
  expires: Date
  consumed: Date | null
  sealed_answer: Buffer | null
}

type OauthKeyTable = {
  tenant_id: string
  generation: number
  kid: string
  public_jwk: string
  sealed_private: Buffer
  created: Date
  active_from: Date
}
