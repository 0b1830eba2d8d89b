/** Who is signed in in a browser, as the database says it now. */
export type Session = {
  id: string
  tenantId: string
  userId: string
  name: string
  email: string
  isSuperAdmin: boolean
  /** When the password was last entered in this session. */
  passwordAt: Date
  created: Date
}

/** The living session of a browser's token in a workspace. */
export type FindSession = (tenantId: string, token: string) => Promise<Session | undefined>
