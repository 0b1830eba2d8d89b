import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  anotherCode,
  askForCode,
  mailedCode,
  mailedLink,
  newWish,
  signUp,
  type Wish
} from '../../../testing/signups.ts'
import { type Answer, openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'signup_race')

type Begun = { wish: Wish; signupId: string; verificationCode: string }

async function begin(over: Partial<Wish> = {}): Promise<Begun> {
  const wish = newWish(over)
  const { signupId } = (await untilAnswered(() => askForCode(world, wish))).body
  return { wish, signupId, verificationCode: await mailedCode(world, wish.email) }
}

// A machine that is too slow for so many at once sheds some of them with 503, untried.
async function untilAnswered(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
  }
}

function times<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => act(index)))
}

function tally(answers: Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const name = status === 200 ? 'ok' : String(body?.code ?? status)
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

function tenantsNamed(company: string): Promise<number> {
  return world.db.install(async (tx) => {
    const rows = await tx.selectFrom('tenants').select('id').where('name', '=', company).execute()
    return rows.length
  })
}

function act(signupId: string, what: string): Promise<Answer> {
  return world.call(`POST /api/bo/on/agent/signups/${signupId}/${what}`)
}

async function approve(wish: Wish): Promise<Answer> {
  const { path } = await mailedLink(world, wish.email, 'confirm')
  return world.call(`POST ${path}/approval`, { form: {} })
}

test('of 100 racing sign-ups for one domain exactly one gets it, the others keep their codes [C2-domain-race]', async () => {
  const { domain } = newWish()
  const company = 'Race Corp'
  const begun = await times(100, () => begin({ domain, company }))
  // Half know their handle, half only the reference.
  const answers = await Promise.all(
    begun.map(({ wish, signupId, verificationCode }, index) =>
      untilAnswered(() => signUp(world, { ...wish, verificationCode, ...(index % 2 ? { signupId } : {}) }))
    )
  )
  assert.deepEqual(tally(answers), { ok: 1, DOMAIN_TAKEN: 99 })
  assert.equal(await tenantsNamed(company), 1)
  const loser = begun[answers.findIndex(({ status }, index) => status === 409 && index % 2 === 1)]
  assert.ok(loser)
  const { signupId, verificationCode } = loser
  const other = await signUp(world, { signupId, verificationCode, domain: newWish().domain })
  assert.equal(other.status, 200, 'no new code is needed')
})

for (const isSeedOnly of [false, true])
  test(`of 1 000 parallel guesses five are tried and the code is dead, ${isSeedOnly ? 'without' : 'with'} signupId [C2-code-race]`, async () => {
    const { wish, signupId, verificationCode } = await begin()
    const handle = isSeedOnly ? {} : { signupId }
    const guesses = Array.from({ length: 1000 }, (_, index) =>
      ((Number(verificationCode) + 1 + index) % 1_000_000).toString().padStart(6, '0')
    )
    const answers = await times(1000, (index) =>
      signUp(world, { ...wish, ...handle, verificationCode: guesses[index] })
    )
    // A machine that is too slow for so many at once sheds some of them, untried.
    const { DATABASE_UNAVAILABLE: shed = 0, ...judged } = tally(answers)
    const { INVALID_VERIFICATION_CODE: wrong, ...locked } = judged
    assert.equal(wrong, isSeedOnly ? 1000 - shed : 5)
    assert.deepEqual(locked, isSeedOnly ? {} : { VERIFICATION_CODE_LOCKED: 995 - shed })
    const right = await signUp(world, { ...wish, signupId, verificationCode })
    assert.equal(right.body.code, 'VERIFICATION_CODE_LOCKED')
    const rows = await world.db.install((tx) =>
      tx
        .selectFrom('signup_codes')
        .innerJoin('signups', 'signups.id', 'signup_codes.signup_id')
        .select('tries')
        .where('email', '=', wish.email)
        .execute()
    )
    assert.deepEqual(rows, [{ tries: 5 }])
  })

test('the right code among parallel guesses opens one workspace or none, never after five tries [C2-code-race]', async () => {
  const company = 'Guess Corp'
  const { signupId, verificationCode } = await begin({ company })
  const answers = await times(40, (index) =>
    signUp(world, {
      signupId,
      verificationCode: index === 20 ? verificationCode : anotherCode(verificationCode)
    })
  )
  const { ok = 0, INVALID_VERIFICATION_CODE: wrong = 0 } = tally(answers)
  assert.ok(wrong <= 5, `${wrong} tries`)
  assert.equal(await tenantsNamed(company), ok > 0 ? 1 : 0)
})

test('20 parallel copies of one step 2, each from another address, open one workspace and get one answer [C2-race-copies, C2-repeat-key]', async () => {
  const company = 'Copy Corp'
  const { wish, signupId, verificationCode } = await begin({ company })
  const key = 'short key'
  const plain = await times(20, () => signUp(world, { ...wish, verificationCode }, { key }))
  assert.deepEqual(tally(plain), { ok: 20 })
  assert.equal(new Set(plain.map(({ text }) => text)).size, 1)
  assert.equal(plain.filter(({ headers }) => headers['idempotent-replayed'] === 'true').length, 19)
  const handled = await times(20, () => signUp(world, { ...wish, verificationCode, signupId }))
  assert.deepEqual(new Set(handled.map(({ text }) => text)), new Set([plain[0]?.text]))
  assert.equal(await tenantsNamed(company), 1)
  assert.equal((await world.letters(wish.email)).length, 2)
})

test('20 parallel copies with signupId and no key open one workspace and get one answer [C2-race-copies, C2-repeat-signup-id]', async () => {
  const company = 'Handle Corp'
  const { signupId, verificationCode } = await begin({ company })
  const answers = await times(20, () => signUp(world, { signupId, verificationCode }))
  assert.deepEqual(tally(answers), { ok: 20 })
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
  assert.equal(await tenantsNamed(company), 1)
})

test('without key and handle one of parallel copies opens the workspace, the others are told the code is used [C2-repeat-plain]', async () => {
  const company = 'Plain Corp'
  const { wish, verificationCode } = await begin({ company })
  const answers = await times(10, () => signUp(world, { ...wish, verificationCode }))
  assert.deepEqual(tally(answers), { ok: 1, INVALID_VERIFICATION_CODE: 9 })
  assert.equal(await tenantsNamed(company), 1)
})

const rounds = 6

test('resend and completion at once: either it is complete, or the old code is dead and the new one opens it [C2-resend]', async () => {
  for (let round = 0; round < rounds; round++) {
    const { wish, signupId, verificationCode } = await begin()
    world.pass(120)
    const [resent, done] = await Promise.all([
      act(signupId, 'resend'),
      signUp(world, { ...wish, verificationCode, ...(round % 2 ? { signupId } : {}) })
    ])
    const outcome = `${resent.status} ${done.status}`
    assert.ok(['200 422', '422 200'].includes(outcome), outcome)
    if (done.status === 200) assert.equal(resent.body.code, 'SIGNUP_COMPLETED')
    else {
      assert.equal(done.body.code, 'INVALID_VERIFICATION_CODE')
      const fresh = await mailedCode(world, wish.email)
      assert.equal((await signUp(world, { signupId, verificationCode: fresh })).status, 200)
    }
  }
})

test('approval and step 2 at once open one workspace, and step 2 is answered [C2-page-approve]', async () => {
  for (let round = 0; round < rounds; round++) {
    const company = `Approval Corp ${round}`
    const { wish, signupId, verificationCode } = await begin({ company })
    const [page, done] = await Promise.all([
      approve(wish),
      signUp(world, { ...wish, verificationCode, ...(round % 2 ? { signupId } : {}) })
    ])
    assert.deepEqual([page.status, done.status], [303, 200])
    assert.equal(await tenantsNamed(company), 1)
    assert.equal((await world.letters(wish.email)).filter(({ kind }) => kind === 'welcome').length, 1)
  }
})

for (const [name, end, code] of [
  ['cancel', ({ signupId }: Begun) => act(signupId, 'cancel'), 'SIGNUP_CANCELLED'],
  [
    '"not me"',
    async ({ wish }: Begun) => {
      const { path } = await mailedLink(world, wish.email, 'confirm')
      return world.call(`POST ${path}/refusal`, { form: {} })
    },
    'SIGNUP_REJECTED'
  ]
] as const)
  test(`${name} and step 2 at once: exactly one of them is true afterwards [C2-cancel, C2-die-together]`, async () => {
    for (let round = 0; round < rounds; round++) {
      const company = `End Corp ${name} ${round}`
      const begun = await begin({ company })
      const { wish, signupId, verificationCode } = begun
      const [, done] = await Promise.all([
        end(begun),
        signUp(world, { ...wish, verificationCode, ...(round % 2 ? { signupId } : {}) })
      ])
      const { body } = await world.call(`GET /api/bo/on/agent/signups/${signupId}`)
      if (done.status === 200) assert.equal(body.status, 'completed')
      else {
        assert.equal(done.body.code, round % 2 ? code : 'INVALID_VERIFICATION_CODE')
        assert.notEqual(body.status, 'completed')
      }
      assert.equal(await tenantsNamed(company), done.status === 200 ? 1 : 0)
    }
  })

test('parallel resends send one code, parallel corrections stay within the three codes [C2-resend-limits]', async () => {
  const { wish, signupId } = await begin()
  world.pass(120)
  const resent = await times(10, () => act(signupId, 'resend'))
  assert.deepEqual(tally(resent), { ok: 1, CODE_RECENTLY_SENT: 9 })
  const corrected = await times(10, () =>
    world.call(`POST /api/bo/on/agent/signups/${signupId}/email`, { body: { email: newWish().email } })
  )
  assert.deepEqual(tally(corrected), { ok: 1, RESENDS_USED_UP: 9 })
  assert.equal((await world.letters(wish.email)).length, 2)
})
