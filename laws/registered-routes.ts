import { buildApp } from '#server/app.ts'
import { systemClock } from '#server/kernel/clock.ts'
import { openDb } from '#server/kernel/db.ts'
import type { Access } from '#server/kernel/http/http-type.ts'
import { openJobs } from '#server/kernel/jobs.ts'
import { makeLog } from '#server/kernel/log.ts'
import { openOutbound } from '#server/kernel/outbound.ts'
import { makeSecrets } from '#server/kernel/secrets.ts'
import { readSettings } from '#server/kernel/settings.ts'
import type { Route } from './route-map.ts'

/** The routes of the app as it is plugged together in `server/app.ts`. Nothing is connected for it. */
export async function registeredRoutes(): Promise<Route[]> {
  const settings = readSettings({})
  const log = makeLog('silent')
  const address = { connectionString: 'postgres://nobody@localhost/none' }
  const db = openDb(address, log)
  const jobs = openJobs(address, log)
  const publicUrl = () => settings.publicUrl
  const secrets = makeSecrets('the laws need no secret of their own')
  const parts = {
    settings,
    db,
    jobs,
    secrets,
    clock: systemClock,
    log,
    outbound: openOutbound(),
    publicUrl,
    rereadPublicUrl: async () => undefined,
    isReady: async () => false
  }
  const { http } = await buildApp(parts)
  // Routes in a scope of their own are there once it is loaded.
  await http.ready()
  const isWritten = ({ method }: { method: string }) => method !== 'HEAD'
  const routes = http.doors
    .filter(isWritten)
    .map(({ method, url, access }) => ({ method, url, access: wording(access) }))
  await http.close()
  await db.close()
  return routes
}

function wording(access: Access): string {
  if (access.kind !== 'signed-in') return `${access.kind}, ${access.on}`
  return ['signed in', ...access.scopes].join(' ')
}
