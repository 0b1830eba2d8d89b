-- People's browsers: who is signed in, the second step of a sign-in, wrong passwords, and what was done.

create table sessions (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  user_id text not null,
  token_hash bytea not null,
  password_set timestamptz not null,
  password_at timestamptz not null,
  created timestamptz not null,
  seen timestamptz not null,
  expires timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create unique index sessions_token on sessions (tenant_id, token_hash);
create index sessions_user on sessions (tenant_id, user_id);
create index sessions_expires on sessions (tenant_id, expires);
alter table sessions enable row level security;
create policy sessions_tenant on sessions
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- A sign-in whose password was right and whose mailed code is awaited; one per user and browser.
create table sign_in_codes (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  user_id text not null,
  token_hash bytea not null,
  code_hash bytea not null,
  password_set timestamptz not null,
  return_path text not null,
  created timestamptz not null,
  expires timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create unique index sign_in_codes_token on sign_in_codes (tenant_id, token_hash);
create index sign_in_codes_user on sign_in_codes (tenant_id, user_id);
create index sign_in_codes_expires on sign_in_codes (tenant_id, expires);
alter table sign_in_codes enable row level security;
create policy sign_in_codes_tenant on sign_in_codes
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- The install's own, beside limit_hits: a bucket is a keyed hash of workspace, address and browser, so that an
-- address without an account is counted like any other. At most ten failures are held in one.
create table sign_in_failures (
  bucket bytea primary key,
  failures timestamptz[] not null,
  waits integer not null default 0,
  wait_until timestamptz,
  expires timestamptz not null
);
create index sign_in_failures_expires on sign_in_failures (expires);

-- What was done, by whom and through what; written in the transaction of the deed. Never a secret.
create table audit_events (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  kind text not null,
  actor_user_id text,
  client_id text,
  subject text,
  note text,
  client_address text,
  created timestamptz not null,
  primary key (tenant_id, id)
);
alter table audit_events enable row level security;
create policy audit_events_tenant on audit_events
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));
