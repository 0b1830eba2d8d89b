-- People beyond the owner: what a user record carries, groups, rights per area, API keys, the rules of sign-in.

alter table users
  add column initials text not null default '',
  add column locale text not null default 'en',
  add column timezone text not null default 'UTC',
  add column dark_mode text not null default 'system' check (dark_mode in ('system', 'light', 'dark')),
  add column notifications boolean not null default true,
  add column cost_center text not null default '',
  add column job_role text not null default '',
  add column working_hours text not null default '8h',
  add column active boolean not null default true,
  add column locked timestamptz;
update users set initials = upper(left(name, 1));

create table user_groups (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  kind text not null check (kind in ('custom', 'everyone', 'administrators')),
  name text not null,
  -- One name means one group, however it is written.
  name_key text not null,
  description text not null default '',
  created timestamptz not null,
  created_by text not null,
  updated timestamptz not null,
  updated_by text not null,
  deleted boolean not null default false,
  primary key (tenant_id, id)
);
create unique index user_groups_name on user_groups (tenant_id, name_key) where not deleted;
create unique index user_groups_system on user_groups (tenant_id, kind) where kind <> 'custom';
alter table user_groups enable row level security;
create policy user_groups_tenant on user_groups
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- Nobody is listed in Everyone: every user is in it.
create table user_group_members (
  tenant_id text not null references tenants (id) on delete cascade,
  group_id text not null,
  user_id text not null,
  primary key (tenant_id, group_id, user_id),
  foreign key (tenant_id, group_id) references user_groups (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index user_group_members_user on user_group_members (tenant_id, user_id);
alter table user_group_members enable row level security;
create policy user_group_members_tenant on user_group_members
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- Which groups have a role in an area: one row for each area and role, its groups beside it.
create table access_controls (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  area text not null check (area in ('Container', 'Board', 'Insights', 'Finance', 'Docs', 'Timesheet')),
  role integer not null,
  is_system boolean not null default false,
  created timestamptz not null,
  created_by text not null,
  updated timestamptz not null,
  updated_by text not null,
  primary key (tenant_id, id)
);
create unique index access_controls_role on access_controls (tenant_id, area, role);
alter table access_controls enable row level security;
create policy access_controls_tenant on access_controls
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

create table access_control_groups (
  tenant_id text not null references tenants (id) on delete cascade,
  access_control_id text not null,
  group_id text not null,
  primary key (tenant_id, access_control_id, group_id),
  foreign key (tenant_id, access_control_id) references access_controls (tenant_id, id) on delete cascade,
  foreign key (tenant_id, group_id) references user_groups (tenant_id, id) on delete cascade
);
create index access_control_groups_group on access_control_groups (tenant_id, group_id);
alter table access_control_groups enable row level security;
create policy access_control_groups_tenant on access_control_groups
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- Of a key only its SHA-256 is kept: 256 random bits need no slower hash and no salt.
create table api_keys (
  tenant_id text not null references tenants (id) on delete cascade,
  id text not null,
  user_id text not null,
  name text not null,
  prefix text not null,
  key_hash bytea not null,
  scopes text[] not null,
  -- The OAuth grant that it was minted over: it is good for nothing once that grant is gone or has expired.
  grant_id text,
  expires timestamptz,
  last_used timestamptz,
  created timestamptz not null,
  created_by text not null,
  updated timestamptz not null,
  updated_by text not null,
  deleted boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create unique index api_keys_hash on api_keys (tenant_id, key_hash);
create index api_keys_user on api_keys (tenant_id, user_id, id) where not deleted;
alter table api_keys enable row level security;
create policy api_keys_tenant on api_keys
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- One row for each workspace that changed anything; without it the defaults of the server count.
create table forms_auth (
  tenant_id text primary key references tenants (id) on delete cascade,
  active boolean not null,
  password_change_interval integer not null,
  password_minimum_length integer not null,
  password_maximum_length integer not null,
  password_require_number boolean not null,
  password_require_uppercase_letter boolean not null,
  password_require_lowercase_letter boolean not null,
  password_require_symbol boolean not null,
  two_factor_auth boolean not null,
  two_factor_auth_code_size integer not null,
  created timestamptz not null,
  created_by text not null,
  updated timestamptz not null,
  updated_by text not null
);
alter table forms_auth enable row level security;
create policy forms_auth_tenant on forms_auth
  using (tenant_id = current_setting('ekso.tenant_id', true))
  with check (tenant_id = current_setting('ekso.tenant_id', true));

-- The groups and rights that every new workspace starts with, for those that are there already. An id is a type
-- word and a time-ordered UUID in 26 characters of Crockford's base 32, as the server writes it.
create function pg_temp.new_id(word text) returns text language sql volatile as $$
  select word || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz',
    substring(bits from place * 5 + 1 for 5)::bit(5)::integer + 1, 1), '' order by place)
  from (select B'00' || ('x' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
      || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::bit(128) as bits) as made,
    generate_series(0, 25) as place
$$;

insert into user_groups (tenant_id, id, kind, name, name_key, created, created_by, updated, updated_by)
select tenants.id, pg_temp.new_id('group'), lower(word), word, lower(word), now(), 'system', now(), 'system'
from tenants, (values ('Everyone'), ('Administrators')) as words (word);

insert into user_group_members (tenant_id, group_id, user_id)
select users.tenant_id, user_groups.id, users.id
from users join user_groups on user_groups.tenant_id = users.tenant_id and kind = 'administrators'
where users.is_super_admin and not users.deleted;

insert into access_controls (tenant_id, id, area, role, is_system, created, created_by, updated, updated_by)
select tenants.id, pg_temp.new_id('access'), area, role, true, now(), 'system', now(), 'system'
from tenants,
  (values ('Container'), ('Board'), ('Insights'), ('Finance'), ('Docs'), ('Timesheet')) as areas (area),
  (values (500), (510), (520), (530), (550), (560)) as roles (role)
where role <> 560 or area = 'Board';

insert into access_control_groups (tenant_id, access_control_id, group_id)
select access_controls.tenant_id, access_controls.id, user_groups.id
from access_controls join user_groups on user_groups.tenant_id = access_controls.tenant_id
where kind = 'administrators'
  or kind = 'everyone' and (
    role = 500 and area <> 'Finance' or role = 510 and area in ('Docs', 'Timesheet') or role = 560);
