-- What the owner granted the agent of a sign-up: reading out its code is a yes, so is the ticked box of the page.
alter table signups
  add column agent_allowed boolean not null default false,
  add column agent_grant_id text;
