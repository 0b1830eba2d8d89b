-- The authorization server of each workspace. Whatever a caller holds as a secret is kept as a hash or sealed.

-- Registered clients, and those that the server makes itself. Clients that are named by the address of their
-- document (client id metadata documents) have no row.
create table oauth_clients (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  kind text not null check (kind in ('registered', 'agent', 'own')),
  name text not null,
  metadata text not null,
  sealed_secret bytea,
  created timestamptz not null,
  -- When a user first consented; until then the client may be evicted.
  consented timestamptz,
  expires timestamptz,
  primary key (tenant_id, id)
);
create index oauth_clients_evictable on oauth_clients (tenant_id, created) where kind = 'registered' and consented is null;
create index oauth_clients_expires on oauth_clients (tenant_id, expires) where expires is not null;
alter table oauth_clients enable row level security;
create policy oauth_clients_tenant on oauth_clients
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- What a user allowed a client, on one device; everything issued under it dies with it.
create table oauth_grants (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  user_id text not null,
  client_id text not null,
  -- As the user saw them when they consented.
  client_name text not null,
  redirect_host text not null,
  resource text not null,
  scope text not null,
  payload text not null,
  created timestamptz not null,
  expires timestamptz not null,
  first_used timestamptz,
  last_used timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index oauth_grants_user on oauth_grants (tenant_id, user_id, id);
create index oauth_grants_client on oauth_grants (tenant_id, client_id);
create index oauth_grants_expires on oauth_grants (tenant_id, expires);
alter table oauth_grants enable row level security;
create policy oauth_grants_tenant on oauth_grants
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- Codes, refresh tokens, registration tokens, running interactions: found by the hash of what the caller holds.
create table oauth_artifacts (
  tenant_id text not null references tenants (id) on delete cascade,
  kind text not null,
  id_hash bytea not null,
  grant_id text,
  client_id text,
  payload text not null,
  -- The browser that began an interaction; no other can finish it.
  browser_hash bytea,
  created timestamptz not null,
  expires timestamptz not null,
  consumed timestamptz,
  -- The answer that a repeated refresh gets again; sealed.
  sealed_answer bytea,
  primary key (tenant_id, kind, id_hash),
  foreign key (tenant_id, grant_id) references oauth_grants (tenant_id, id) on delete cascade
);
create index oauth_artifacts_grant on oauth_artifacts (tenant_id, grant_id) where grant_id is not null;
create index oauth_artifacts_client on oauth_artifacts (tenant_id, client_id) where client_id is not null;
create index oauth_artifacts_expires on oauth_artifacts (tenant_id, expires);
create index oauth_artifacts_answers on oauth_artifacts (tenant_id, consumed) where sealed_answer is not null;
alter table oauth_artifacts enable row level security;
create policy oauth_artifacts_tenant on oauth_artifacts
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- Signing keys: the newest whose time has come signs, a later one is announced, earlier ones still verify.
create table oauth_keys (
  tenant_id text not null references tenants (id) on delete cascade,
  generation integer not null,
  kid text not null,
  public_jwk text not null,
  sealed_private bytea not null,
  created timestamptz not null,
  active_from timestamptz not null,
  primary key (tenant_id, generation)
);
alter table oauth_keys enable row level security;
create policy oauth_keys_tenant on oauth_keys
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));
