import { join } from 'node:path'
import { effectiveUid, runAsUser } from '#server/kernel/postgres/unprivileged.ts'

const probe = [
  '-c',
  'test -x "$1" && test -r "$2"',
  'sh',
  process.execPath,
  join(import.meta.dirname, 'other-user.ts')
]

/**
 * For the `skip` of a test that runs this source as another user: false, or why that cannot be. In a clone below a folder
 * of mode 700 others reach neither the source nor the programs of PostgreSQL.
 */
export async function otherUserIsBarred(): Promise<string | false> {
  if (effectiveUid() !== 0) return 'only root can become another user'
  const fault = await runAsUser({ way: 'user', uid: 54_321, gid: 54_321 }, '/bin/sh', probe)
  return fault === null ? false : 'another user cannot be made to run this source'
}
