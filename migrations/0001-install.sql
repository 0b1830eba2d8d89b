-- The install's own tables: no tenant, no row security. Few, and each has a bound or an expiry.

create table install (
  id smallint primary key default 1 check (id = 1),
  check_value bytea not null,
  public_url text
);

create table tenants (
  id text primary key check (id ~ '^[0-9a-f]{12}$'),
  domain text unique,
  is_home boolean not null default false,
  name text not null,
  created timestamptz not null,
  closed timestamptz,
  erase_after timestamptz
);
-- Exactly one workspace is home, on the public host itself; it has no domain, nor has a closed one.
create unique index tenants_home on tenants (is_home) where is_home;
create index tenants_erase_after on tenants (erase_after) where erase_after is not null;

-- Requests counted in a sliding window; the array never exceeds the limit of its bucket.
create table limit_hits (
  bucket bytea primary key,
  hits timestamptz[] not null,
  expires timestamptz not null
);
create index limit_hits_expires on limit_hits (expires);

-- Answers kept for repeated requests with the same Idempotency-Key.
create table kept_answers (
  key_hash bytea primary key,
  request_hash bytea not null,
  sealed bytea,
  expires timestamptz not null
);
create index kept_answers_expires on kept_answers (expires);

create table outbox (
  id text primary key,
  tenant_id text,
  kind text not null,
  message_id text not null unique,
  sealed bytea,
  state text not null check (state in ('queued', 'accepted', 'bounced', 'failed')),
  attempts integer not null default 0,
  created timestamptz not null,
  expires timestamptz not null,
  next_try timestamptz not null,
  settled timestamptz
);
create index outbox_created on outbox (created);
create index outbox_waiting on outbox (next_try) where state = 'queued';
create index outbox_expires on outbox (expires) where state = 'queued';
create index outbox_kept on outbox (created) where state = 'accepted' and sealed is not null;
create index outbox_settled on outbox (settled) where settled is not null;
