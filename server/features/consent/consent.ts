import type { Scope } from '#server/kernel/actor.ts'
import { isPasswordFresh } from '#server/kernel/actor.ts'
import type { Session } from '#server/kernel/session-type.ts'
import type { AuthorizationServer, TenantPlace } from '../oauth/authorization-server.ts'
import { wasGranted } from '../oauth/oauth-grant.ts'
import type { Interaction } from '../oauth/oauth-interaction.ts'

/** One scope as the user is asked for it, and what keeps it from being given now. */
export type AskedScope = {
  scope: Scope
  startsTicked: boolean
  hindrance: 'super-admin' | 'fresh-password' | undefined
}

/** The scopes of an interaction for this user: `admin` takes a super admin and a fresh password (contract §3). */
export function askedScopes(about: Interaction, session: Session, now: Date): AskedScope[] {
  return about.scopes.map(({ scope, startsTicked }) => ({
    scope,
    startsTicked,
    hindrance:
      scope !== 'admin'
        ? undefined
        : !session.isSuperAdmin
          ? 'super-admin'
          : isPasswordFresh(session.passwordAt, now)
            ? undefined
            : 'fresh-password'
  }))
}

/** What was ticked and may be given. Undefined when something ticked may not be, so that the user is asked again. */
export function readTicked(asked: AskedScope[], ticked: string[]): Scope[] | undefined {
  const wanted = asked.filter(({ scope }) => ticked.includes(scope))
  return wanted.some(({ hindrance }) => hindrance) ? undefined : wanted.map(({ scope }) => scope)
}

/** Whether the user has to prove who they are before they are asked: `prompt=login` (contract §3). */
export function mustSignInAgain(about: Interaction, session: Session): boolean {
  return about.mustSignIn && session.passwordAt < about.begun
}

/**
 * What is given without asking: all to our own web app, and what was allowed before to the same client at the same
 * https host. Anybody can present a loopback address or an app's scheme as theirs, so there the user is always
 * asked; for `admin` too. Undefined: ask.
 */
export async function grantedBefore(
  server: AuthorizationServer,
  tenant: TenantPlace,
  about: Interaction,
  session: Session
): Promise<Scope[] | undefined> {
  const scopes = about.scopes.map(({ scope }) => scope)
  if (about.skipsConsent) return scopes.filter((scope) => scope !== 'admin' || session.isSuperAdmin)
  if (about.mustConsent || !about.formAction.startsWith('https:') || scopes.includes('admin'))
    return undefined
  const { clientId, redirectHost, resourceUrl } = about
  const wish = { tenantId: tenant.id, userId: session.userId, clientId, redirectHost, resourceUrl, scopes }
  const isKnown = await server.db.write({ tenantId: tenant.id }, (tx) => wasGranted(tx, server.clock(), wish))
  return isKnown ? scopes : undefined
}
