import type { Door } from '#server/kernel/http/http-type.ts'
import { openOwned, signedInTab } from './owner.ts'
import { addPerson, makeKey, openWorkspace, type Person, type Workspace } from './people.ts'
import { askForCode, mailedCode, mailedLink, newWish, openWorkspaceFor, type Wish } from './signups.ts'
import type { World } from './world.ts'

/** A value that a door takes for its parameter, and the host on which it means something. */
export type DoorValue = { value: string; host: string }

/** Makes a real value for each parameter of the doors, by the path up to and with the parameter. */
export const valueMakers: Record<string, (world: World) => Promise<DoorValue>> = {
  '/api/bo/on/agent/signups/:signupId': async (world) => {
    const { signupId, host } = await beginFor(world)
    return { value: signupId, host }
  },
  '/confirm/:token': async (world) => {
    const { wish } = await beginFor(world)
    return linkOf(world, wish, 'confirm')
  },
  '/password/:token': async (world) => linkOf(world, await openFor(world), 'password'),
  // With a password, so that only its owner can close the workspace.
  '/undo/:token': async (world) => {
    const wish = await openFor(world)
    const link = await mailedLink(world, wish.email, 'password')
    const form = { password: ownersPassword, repeated: ownersPassword }
    const set = await world.call(`POST ${link.path}`, { host: link.host, form })
    if (set.status >= 400) throw new Error(`the password could not be set: ${set.text}`)
    return linkOf(world, wish, 'undo')
  },
  '/account/keys/:id': async (world) => {
    const { host, keyId } = await visitorOf(world)
    return { value: keyId, host }
  },
  // Only the browser that began an interaction finds it, so that here none will do.
  '/account/apps/:grantId': async (world) => inVisit(world, 'grant_01jz0000000000000000000000'),
  '/authorize/:uid': async (world) => inVisit(world, 'a'.repeat(43)),
  '/register/:clientId': async (world) => inVisit(world, 'client_01jz0000000000000000000000'),
  '/interaction/:uid': async (world) => inVisit(world, 'a'.repeat(43)),
  '/api/user/:id': async (world) => {
    const { host, colleague } = await callerOf(world)
    return { value: colleague.userId, host }
  },
  '/api/security/user-group/:id': async (world) => {
    const { host, owner } = await callerOf(world)
    const { body } = await owner.call('POST /api/security/user-group', { body: { name: newWish().domain } })
    return { value: body.id, host }
  },
  '/api/access-control/:id': async (world) => {
    const { host, owner } = await callerOf(world)
    return { value: (await owner.call('GET /api/access-control')).body[0].id, host }
  },
  '/api/admin/api-key/:id': async (world) => {
    const { host, owner } = await callerOf(world)
    await makeKey(world, owner, ['work:read'])
    return { value: (await owner.call('GET /api/admin/api-key?limit=1')).body[0].id, host }
  }
}

/** A browser in which the owner of a workspace is signed in, for the doors of people; one in each world. */
export function visitorOf(world: World): Promise<Visitor> {
  const known = visitors.get(world) ?? openVisitor(world)
  visitors.set(world, known)
  return known
}

async function inVisit(world: World, value: string): Promise<DoorValue> {
  return { value, host: (await visitorOf(world)).host }
}

type Visitor = { host: string; cookie: string; keyId: string }

const visitors = new WeakMap<World, Promise<Visitor>>()

async function openVisitor(world: World): Promise<Visitor> {
  const tab = await signedInTab(await openOwned(world))
  const made = await tab.open('POST /account/keys', {
    form: { name: 'Build', scope: 'work:read', days: '30' }
  })
  if (made.status !== 200) throw new Error(`no key was made: ${made.status}`)
  const { text } = await tab.open('GET /account/keys')
  const keyId = /\/account\/keys\/([^/]+)\/revoke/.exec(text)?.[1] ?? ''
  const cookie = [...tab.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return { host: tab.host, cookie, keyId }
}

type Caller = Workspace & { colleague: Person }

const callers = new WeakMap<World, Promise<Caller>>()

/** The workspace whose owner calls the doors for those who are signed in; one in each world. */
export function callerOf(world: World): Promise<Caller> {
  const known = callers.get(world) ?? openCaller(world)
  callers.set(world, known)
  return known
}

// Its key is used once, so that later calls do not write down their use.
async function openCaller(world: World): Promise<Caller> {
  const workspace = await openWorkspace(world)
  await workspace.owner.call('GET /api/user/me')
  return { ...workspace, colleague: await addPerson(world, workspace) }
}

const ownersPassword = 'Wharf-Lantern-42'

/**
 * Parameters for which the makers have only a well-formed value: the door wants a browser's cookie or a client's token
 * beside, and its feature's own tests bring a real one to other hosts.
 */
export const madeUp = [
  '/account/apps/:grantId',
  '/authorize/:uid',
  '/register/:clientId',
  '/interaction/:uid'
]

/** The path up to and with the parameter; undefined for a door without one. Throws for a parameter without a maker. */
export function parameterOf(door: Pick<Door, 'url'>): string | undefined {
  const found = /^(.*?[:*][^/]*)(.*)$/.exec(door.url)
  if (!found) return undefined
  const [, start = '', rest = ''] = found
  if (!(start in valueMakers)) throw new Error(`testing/door-value.ts makes no value for ${start}`)
  if (/[:*]/.test(rest)) throw new Error(`testing/door-value.ts fills only one parameter of ${door.url}`)
  return start
}

/** The door's path with this in place of its parameter. */
export function fillPath(door: Pick<Door, 'url'>, value: string): string {
  return door.url.replace(/[:*][^/]*/, () => value)
}

/** A sign-up that waits for its confirmation. */
export async function beginFor(
  world: World,
  wish: Wish = newWish()
): Promise<{ wish: Wish; signupId: string; verificationCode: string; host: string }> {
  const begun = await askForCode(world, wish)
  if (begun.status !== 200) throw new Error(`no sign-up was begun: ${begun.text}`)
  const verificationCode = await mailedCode(world, wish.email)
  return { wish, signupId: begun.body.signupId, verificationCode, host: 'localhost:6050' }
}

async function openFor(world: World): Promise<Wish> {
  const wish = newWish()
  await openWorkspaceFor(world, wish)
  return wish
}

async function linkOf(world: World, wish: Wish, word: string): Promise<DoorValue> {
  const { host, path } = await mailedLink(world, wish.email, word)
  return { value: path.slice(path.lastIndexOf('/') + 1), host }
}
