-- Sign-ups belong to the install: the workspace does not exist yet. Secrets are keyed hashes.

create table signups (
  id text primary key,
  handle_hash bytea not null unique,
  name text not null,
  company text not null,
  email text not null,
  email_key text not null,
  domain text not null,
  agent_name text,
  agent_code_challenge text,
  client_address text not null,
  created timestamptz not null,
  expires timestamptz not null,
  sends integer not null default 1,
  corrections integer not null default 0,
  completed timestamptz,
  rejected timestamptz,
  cancelled timestamptz,
  undone timestamptz,
  tenant_id text,
  undo_hash bytea unique,
  undo_expires timestamptz
);
-- A caller who knows only the four fields is matched by them.
create index signups_email_key on signups (email_key, domain, created desc);
create index signups_created on signups (created);
create index signups_tenant on signups (tenant_id) where tenant_id is not null;

create table signup_codes (
  id text primary key,
  signup_id text not null references signups (id) on delete cascade,
  code_hash bytea not null,
  link_hash bytea not null unique,
  mail_id text not null,
  tries integer not null default 0 check (tries <= 5),
  created timestamptz not null,
  expires timestamptz not null,
  used timestamptz,
  killed timestamptz
);
create index signup_codes_signup on signup_codes (signup_id, created desc);

-- Addresses that asked for no more of these mails, as keyed hashes.
create table mail_blocks (
  address_hash bytea primary key,
  until timestamptz not null
);

-- Names given back by an undo; only the address that gave one back may take it before `until`.
create table domain_rests (
  domain text primary key,
  until timestamptz not null,
  address_hash bytea not null
);
