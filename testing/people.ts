import { mintKey } from '#server/features/api-keys/api-key.ts'
import { foundWorkspace } from '#server/features/tenancy/workspace.ts'
import { inviteUser } from '#server/features/users/invitation.ts'
import { type Actor, type Scope, scopes } from '#server/kernel/actor.ts'
import { newWish } from './signups.ts'
import type { Answer, CallOptions, World } from './world.ts'

/** Somebody with a browser session and an API key for everything that they may do. */
export type Person = {
  tenantId: string
  userId: string
  email: string
  /** In a browser, with the password entered just now. */
  session: () => Actor
  key: string
  /** Calls their workspace with their key. */
  call(what: string, options?: CallOptions): Promise<Answer>
}

export type Workspace = { tenantId: string; domain: string; host: string; owner: Person }

/** A workspace with its owner, who is super admin. */
export async function openWorkspace(world: World): Promise<Workspace> {
  const wish = newWish()
  const made = await world.db.install((tx) => foundWorkspace(tx, world.means(), wish))
  if (!made) throw new Error('the domain is taken')
  const { tenantId, userId } = made
  const host = `${wish.domain}.${world.means().publicUrl.host}`
  const owner = await makePerson(world, host, { tenantId, userId, email: wish.email, isSuperAdmin: true })
  return { tenantId, domain: wish.domain, host, owner }
}

/** One more person in a workspace; not a super admin unless it is asked for. */
export async function addPerson(
  world: World,
  { host, owner }: Workspace,
  isSuperAdmin = false
): Promise<Person> {
  const { name, email } = newWish()
  const { id } = await world.db.write(owner, (tx) =>
    inviteUser(tx, owner.session(), world.means(), { name, email, superAdmin: isSuperAdmin })
  )
  return makePerson(world, host, { tenantId: owner.tenantId, userId: id, email, isSuperAdmin })
}

/** One more key of a person. */
export async function makeKey(world: World, person: Person, wanted: Scope[]): Promise<string> {
  const wish = { name: 'A key', scopes: wanted }
  const made = await world.db.write(person, (tx) => mintKey(tx, person.session(), world.means(), wish))
  return made.rawKey
}

type Known = { tenantId: string; userId: string; email: string; isSuperAdmin: boolean }

async function makePerson(world: World, host: string, known: Known): Promise<Person> {
  const { isSuperAdmin, ...who } = known
  const session = (): Actor => ({
    ...who,
    isSuperAdmin,
    client: { kind: 'session', id: 'session_test', name: 'Browser', marker: 'Web' },
    scopes: new Set(scopes),
    passwordAt: world.now()
  })
  const person = { ...who, session, key: '', call: () => Promise.reject(new Error('no key yet')) }
  const key = await makeKey(
    world,
    person,
    isSuperAdmin ? [...scopes] : scopes.filter((one) => one !== 'admin')
  )
  const call: Person['call'] = (what, options = {}) =>
    world.call(what, { host, ...options, headers: { authorization: `Bearer ${key}`, ...options.headers } })
  return { ...person, key, call }
}
