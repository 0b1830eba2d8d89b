-- The first tenant tables: the primary key begins with the tenant, foreign keys carry it, row security
-- stands behind every query. The runner forces row security on the owner at the end of each migration.

create table users (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  name text not null,
  email text not null,
  email_key text not null,
  is_super_admin boolean not null default false,
  password_hash text,
  password_set timestamptz,
  created timestamptz not null,
  created_by text not null,
  updated timestamptz not null,
  updated_by text not null,
  deleted boolean not null default false,
  primary key (tenant_id, id)
);
create unique index users_email on users (tenant_id, email_key) where not deleted;
alter table users enable row level security;
create policy users_tenant on users
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

create table password_links (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  user_id text not null,
  token_hash bytea not null,
  created timestamptz not null,
  expires timestamptz not null,
  used timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create unique index password_links_token on password_links (tenant_id, token_hash);
create index password_links_user on password_links (tenant_id, user_id);
alter table password_links enable row level security;
create policy password_links_tenant on password_links
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));
