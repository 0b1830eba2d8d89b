import { mailedLink, newWish, openWorkspaceFor, type Wish } from './signups.ts'
import type { Answer, CallOptions, World } from './world.ts'

export const ownerPassword = 'Quiet-Harbour-42'

/** A browser of one host: keeps the cookies that it is given, from one address of its own. */
export type Tab = {
  cookies: Map<string, string>
  host: string
  open(what: string, options?: CallOptions): Promise<Answer>
}

/** A workspace whose owner has set a password, in a browser that knows nothing of it. */
export type OwnedWorkspace = {
  wish: Wish
  host: string
  tenantId: string
  userId: string
  /** Another browser, with no cookies. */
  newTab(): Tab
}

export async function openOwned(world: World, over: Partial<Wish> = {}): Promise<OwnedWorkspace> {
  const wish = newWish(over)
  const { workspace } = await openWorkspaceFor(world, wish)
  const { host, path } = await mailedLink(world, wish.email, 'password')
  const form = { password: ownerPassword, repeated: ownerPassword }
  const { status } = await world.call(`POST ${path}`, { host, form })
  if (status !== 200) throw new Error(`the password was not set: ${status}`)
  const { tenantId } = workspace
  const [user] = await world.db.read({ tenantId }, (tables) =>
    tables.selectFrom('users').select('id').where('tenant_id', '=', tenantId)
  )
  return { wish, host, tenantId, userId: user?.id ?? '', newTab: () => openTab(world, host) }
}

function openTab(world: World, host: string): Tab {
  const cookies = new Map<string, string>()
  return {
    cookies,
    host,
    open: async (what, options = {}) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers = { accept: 'text/html', ...(cookie ? { cookie } : {}), ...options.headers }
      const answer = await world.call(what, { host, ...options, headers })
      for (const line of setCookies(answer)) keepCookie(cookies, line)
      return answer
    }
  }
}

/** The `Set-Cookie` lines of an answer. */
export function setCookies(answer: Answer): string[] {
  return [answer.headers['set-cookie'] ?? []].flat()
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
  if (value === '' || /max-age=0\b|expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}

/** Types address and password into the sign-in form. */
export function signInOn(
  tab: Tab,
  email: string,
  password = ownerPassword,
  options: { return?: string; from?: string } = {}
): Promise<Answer> {
  const form = { email, password, return: options.return ?? '' }
  return tab.open('POST /sign-in', { form, ...(options.from ? { from: options.from } : {}) })
}

/** A browser in which the owner is signed in. */
export async function signedInTab(owned: OwnedWorkspace): Promise<Tab> {
  const tab = owned.newTab()
  const { status } = await signInOn(tab, owned.wish.email)
  if (status !== 303) throw new Error(`the owner could not sign in: ${status}`)
  return tab
}
