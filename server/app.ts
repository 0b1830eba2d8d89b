import { accountPages } from './features/account/account.pages.ts'
import { apiKeyPages } from './features/api-keys/api-key.pages.ts'
import { apiKeyRoutes } from './features/api-keys/api-key.routes.ts'
import { endKeysOfUser } from './features/api-keys/api-key.ts'
import { isKey, keyAuthenticator } from './features/api-keys/api-key-bearer.ts'
import { auditRoutes } from './features/audit/audit.routes.ts'
import { formsAuthRoutes } from './features/configuration/forms-auth.routes.ts'
import { confirmPages } from './features/confirmation/confirm.pages.ts'
import { undoPages } from './features/confirmation/undo.pages.ts'
import { connectedAppPages } from './features/connected-apps/connected-app.pages.ts'
import { consentPages } from './features/consent/consent.pages.ts'
import { devMailRoutes } from './features/dev-mail/dev-mail.routes.ts'
import { documentRoutes } from './features/discovery/document.routes.ts'
import { guideRoutes } from './features/discovery/guide.routes.ts'
import { accessControlRoutes } from './features/groups/access-control.routes.ts'
import { groupRoutes } from './features/groups/group.routes.ts'
import { openAuthorizationServer } from './features/oauth/authorization-server.ts'
import { oauthRoutes } from './features/oauth/oauth.routes.ts'
import { revokeUser } from './features/oauth/oauth-grant.ts'
import { makeOauthSweep } from './features/oauth/oauth-sweep.ts'
import { type Keyring, openKeyring } from './features/oauth-keys/keyring.ts'
import { signupRoutes } from './features/onboarding/signup.routes.ts'
import { signupEntryRoutes } from './features/onboarding/signup-entry.routes.ts'
import { sweepSignups } from './features/onboarding/signup-record.ts'
import { signupCodeRoutes, signupResourceRoutes } from './features/onboarding/signup-resource.routes.ts'
import { passwordPages } from './features/people/password.pages.ts'
import { killPasswordLinks } from './features/people/password-link.ts'
import { makeJwtAuthenticator } from './features/resource-server/bearer-jwt.ts'
import { oauthMetadataRoutes } from './features/resource-server/oauth-metadata.routes.ts'
import { sweepFailures } from './features/sign-in/password-throttle.ts'
import { endSessions, findSignedIn } from './features/sign-in/session.ts'
import { signInCodePages, signInPages } from './features/sign-in/sign-in.pages.ts'
import { signUpFormPages } from './features/sign-up-form/sign-up-form.pages.ts'
import { startupPages } from './features/startup/startup.pages.ts'
import { startupRoutes } from './features/startup/startup.routes.ts'
import { workspacePages } from './features/tenancy/workspace.pages.ts'
import { eraseClosedWorkspace, findWorkspace, sweepDomainRests } from './features/tenancy/workspace.ts'
import { userRoutes } from './features/users/user.routes.ts'
import type { Authenticate } from './kernel/actor.ts'
import type { App, Parts } from './kernel/http/app-parts.ts'
import { buildHttp } from './kernel/http/http.ts'
import { makeOnce } from './kernel/http/once.ts'
import { registerOpenApi } from './kernel/http/openapi.ts'
import { sweepKeptAnswers } from './kernel/kept-answer.ts'
import { openMail } from './kernel/mail.ts'
import type { EndAccess, Means } from './kernel/means.ts'
import { isLocalhostUrl } from './kernel/public-url.ts'
import { openSweeps, type Sweeps, sweepBatch } from './kernel/sweep.ts'

/** Builds the server. Nothing listens, no job runs and no connection is made until `http.listen` and `jobs.start`. */
export async function buildApp(parts: Parts): Promise<App> {
  const keyring = openKeyring(parts)
  const http = buildHttp({
    ...parts,
    findTenant: (meaning) => findWorkspace(parts.db, meaning),
    authenticate: authenticator({ ...parts, keyring })
  })
  const means = () => makeMeans(parts)
  const app: App = {
    ...parts,
    http,
    once: makeOnce(parts),
    means,
    findSession: (tenantId, token) => findSignedIn(parts.db, means(), tenantId, token)
  }
  await registerOpenApi(http, parts.publicUrl)

  workspacePages(app)
  startupRoutes(app)
  startupPages(app)
  documentRoutes(app)
  guideRoutes(app)
  signupEntryRoutes(app)
  signupRoutes(app)
  signupResourceRoutes(app)
  signupCodeRoutes(app)
  signUpFormPages(app)
  confirmPages(app)
  undoPages(app)
  passwordPages(app)
  signInPages(app)
  signInCodePages(app)
  accountPages(app)
  connectedAppPages(app)
  apiKeyPages(app)
  auditRoutes(app)
  devMailRoutes(app)
  userRoutes(app)
  groupRoutes(app)
  accessControlRoutes(app)
  apiKeyRoutes(app)
  formsAuthRoutes(app)

  const authorizationServer = openAuthorizationServer({ ...parts, keyring })
  oauthMetadataRoutes(app, { keyring, takesClientDocuments: authorizationServer.documents.isOn })
  oauthRoutes(app, authorizationServer)
  consentPages(app, authorizationServer)

  const sweeps = openSweeps(parts)
  openMail({ ...parts, sweeps })
  addSweeps(sweeps)
  return app
}

/** Who a bearer token speaks for: keys are told from access tokens by how they begin. */
function authenticator(parts: Parts & { keyring: Keyring }): Authenticate {
  const keys = keyAuthenticator(parts)
  const accessTokens = makeJwtAuthenticator(parts)
  return (bearer, tenant, resource) => (isKey(bearer) ? keys : accessTokens)(bearer, tenant, resource)
}

// What ends when a user may no longer act. Features that let people in add theirs here.
const accessEnds: readonly EndAccess[] = [
  killPasswordLinks,
  endKeysOfUser,
  (tx, _means, { tenantId, userId }) => endSessions(tx, tenantId, userId),
  (tx, _means, of) => revokeUser(tx, of)
]

function addSweeps(sweeps: Sweeps): void {
  sweeps.add('sign-ups', (tx, now) => sweepSignups(tx, now, sweepBatch))
  sweeps.add('kept answers', (tx, now) => sweepKeptAnswers(tx, now, sweepBatch))
  sweeps.add('OAuth', makeOauthSweep(100))
  sweeps.add('wrong passwords', (tx, now) => sweepFailures(tx, now, sweepBatch))
  sweeps.add('names at rest', (tx, now) => sweepDomainRests(tx, now, sweepBatch))
  sweeps.add('closed workspaces', (tx, now) => eraseClosedWorkspace(tx, now))
}

function makeMeans({ clock, secrets, jobs, settings, publicUrl }: Parts): Means {
  const isLocalhost = isLocalhostUrl(publicUrl())
  const takesSignups = settings.signup ? settings.signup === 'open' : isLocalhost
  const now = clock()
  return { now, secrets, jobs, settings, publicUrl: publicUrl(), isLocalhost, takesSignups, accessEnds }
}
