-- When the first-run wizard claimed the home workspace; until then anybody at this machine may.
alter table install add column claimed timestamptz;
