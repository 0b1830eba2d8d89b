import { confirmPages } from './features/confirmation/confirm.pages.ts'
import { undoPages } from './features/confirmation/undo.pages.ts'
import { devMailRoutes } from './features/dev-mail/dev-mail.routes.ts'
import { documentRoutes } from './features/discovery/document.routes.ts'
import { guideRoutes } from './features/discovery/guide.routes.ts'
import { signupRoutes } from './features/onboarding/signup.routes.ts'
import { signupEntryRoutes } from './features/onboarding/signup-entry.routes.ts'
import { sweepSignups } from './features/onboarding/signup-record.ts'
import { signupCodeRoutes, signupResourceRoutes } from './features/onboarding/signup-resource.routes.ts'
import { passwordPages } from './features/people/password.pages.ts'
import { startupPages } from './features/startup/startup.pages.ts'
import { startupRoutes } from './features/startup/startup.routes.ts'
import { workspacePages } from './features/tenancy/workspace.pages.ts'
import { eraseClosedWorkspace, findWorkspace, sweepDomainRests } from './features/tenancy/workspace.ts'
import type { App, Parts } from './kernel/http/app-parts.ts'
import { buildHttp } from './kernel/http/http.ts'
import { makeOnce } from './kernel/http/once.ts'
import { registerOpenApi } from './kernel/http/openapi.ts'
import { sweepKeptAnswers } from './kernel/kept-answer.ts'
import { openMail } from './kernel/mail.ts'
import type { Means } from './kernel/means.ts'
import { isLocalhostUrl } from './kernel/public-url.ts'
import { openSweeps, type Sweeps, sweepBatch } from './kernel/sweep.ts'

/** Builds the server. Nothing listens, no job runs and no connection is made until `http.listen` and `jobs.start`. */
export async function buildApp(parts: Parts): Promise<App> {
  const http = buildHttp({
    ...parts,
    findTenant: (meaning) => findWorkspace(parts.db, meaning)
  })
  const app: App = { ...parts, http, once: makeOnce(parts), means: () => makeMeans(parts) }
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
  confirmPages(app)
  undoPages(app)
  passwordPages(app)
  devMailRoutes(app)

  const sweeps = openSweeps(parts)
  openMail({ ...parts, sweeps })
  addSweeps(sweeps)
  return app
}

function addSweeps(sweeps: Sweeps): void {
  sweeps.add('sign-ups', (tx, now) => sweepSignups(tx, now, sweepBatch))
  sweeps.add('kept answers', (tx, now) => sweepKeptAnswers(tx, now, sweepBatch))
  sweeps.add('names at rest', (tx, now) => sweepDomainRests(tx, now, sweepBatch))
  sweeps.add('closed workspaces', (tx, now) => eraseClosedWorkspace(tx, now))
}

function makeMeans({ clock, secrets, jobs, settings, publicUrl }: Parts): Means {
  const isLocalhost = isLocalhostUrl(publicUrl())
  const takesSignups = settings.signup ? settings.signup === 'open' : isLocalhost
  return { now: clock(), secrets, jobs, settings, publicUrl: publicUrl(), isLocalhost, takesSignups }
}
