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

/** What a browser brings to a sign-in beside what is typed. */
export type Visitor = {
  tenantId: string
  clientAddress: string
  /** The cookie of browsers that signed in before. */
  browser: string | undefined
  /** The token of a session that is replaced. */
  earlierToken: string | undefined
}

/** A browser was let in: its new session's token, the cookie by which it is known from now on, where it goes. */
export type Opened = { kind: 'open'; token: string; browser: string; returnPath: string }
