import type { Generated } from 'kysely'

/** Groups, what they may do, keys and the rules of sign-in; all are tenant tables. */
export type RightsTables = {
  user_groups: UserGroupTable
  user_group_members: UserGroupMemberTable
  access_controls: AccessControlTable
  access_control_groups: AccessControlGroupTable
  api_keys: ApiKeyTable
  forms_auth: FormsAuthTable
}

type UserGroupTable = {
  tenant_id: string
  id: string
  kind: 'custom' | 'everyone' | 'administrators'
  name: string
  name_key: string
  description: Generated<string>
  created: Date
  created_by: string
  updated: Date
  updated_by: string
  deleted: Generated<boolean>
}

type UserGroupMemberTable = {
  tenant_id: string
  group_id: string
  user_id: string
}

type AccessControlTable = {
  tenant_id: string
  id: string
  area: 'Container' | 'Board' | 'Insights' | 'Finance' | 'Docs' | 'Timesheet'
  role: number
  is_system: Generated<boolean>
  created: Date
  created_by: string
  updated: Date
  updated_by: string
}

type AccessControlGroupTable = {
  tenant_id: string
  access_control_id: string
  group_id: string
}

type ApiKeyTable = {
  tenant_id: string
  id: string
  user_id: string
  name: string
  /** How it begins, for people to tell their keys apart. */
  prefix: string
  key_hash: Buffer
  scopes: string[]
  grant_id: string | null
  expires: Date | null
  last_used: Date | null
  created: Date
  created_by: string
  updated: Date
  updated_by: string
  deleted: Generated<boolean>
}

type FormsAuthTable = {
  tenant_id: string
  active: boolean
  password_change_interval: number
  password_minimum_length: number
  password_maximum_length: number
  password_require_number: boolean
  password_require_uppercase_letter: boolean
  password_require_lowercase_letter: boolean
  password_require_symbol: boolean
  two_factor_auth: boolean
  two_factor_auth_code_size: number
  created: Date
  created_by: string
  updated: Date
  updated_by: string
}
