import { addSeconds } from '#server/kernel/clock.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem, problemBody } from '#server/kernel/problem.ts'
import { suggestDomainNames } from '../addresses/domain-suggestion.ts'
import { nextActionsAfter, onboardingPath } from '../onboarding/next-actions.ts'
import type { CodeAnswer, WorkspaceAnswer } from '../onboarding/signup.schema.ts'
import { workspaceAnswer } from '../onboarding/signup-completion.ts'
import { progressOf } from '../onboarding/signup-progress.ts'
import { type CodeRow, codeSeconds, type SignupRow, signupSeconds } from '../onboarding/signup-record.ts'
import { fault } from '../onboarding/signup-wish.ts'

/** What the public reference uses in its examples [S2], on a domain that nobody owns. */
export const exampleWish = {
  name: 'Jane Smith',
  email: 'jane@example.com',
  company: 'Acme Corp',
  domain: 'acme'
}

const exampleSignupId = 'Zk3vJ0mW8sQx5tR2yB7uNg'
const tenantId = 'a1b2c3d4e5f6'
const verificationCode = '482916'
// Fixed, so that the document and its ETag change only when what it says changes.
const asked = new Date('2026-01-15T09:00:00.000Z')

/** The answer of step 1, made by the code that answers it, at a fixed moment. */
export function exampleCodeAnswer(means: Means): CodeAnswer {
  const signup = {
    created: asked,
    expires: addSeconds(asked, signupSeconds),
    sends: 1,
    corrections: 0,
    completed: null,
    rejected: null,
    cancelled: null,
    undone: null
  } as SignupRow
  const code = {
    created: asked,
    expires: addSeconds(asked, codeSeconds),
    tries: 0,
    used: null,
    killed: null
  } as CodeRow
  const progress = progressOf({ ...means, now: asked }, exampleSignupId, signup, code)
  return { message: 'Verification code sent', ...progress }
}

export const exampleCompletion = { ...exampleWish, verificationCode, signupId: exampleSignupId }

export function exampleWorkspaceAnswer(means: Means): WorkspaceAnswer {
  const { domain, email } = exampleWish
  return workspaceAnswer(means, { tenantId, domain, email })
}

/** Step 1 refused because the domain is taken. */
export function exampleErrorAnswer(means: Means): Record<string, unknown> {
  const found = problem('DOMAIN_TAKEN')
  const errors = [fault(found.code)]
  const { domain, company } = exampleWish
  const suggestions = suggestDomainNames(domain, { company }).slice(0, 3)
  const refused = { code: found.code, method: 'POST', path: `${onboardingPath}/code`, sent: exampleWish }
  return {
    ...problemBody(found, 'req_01k0example00000000000000'),
    errors,
    suggestions,
    field: found.row.field,
    retry: found.row.retry,
    nextActions: nextActionsAfter(means, { ...refused, errors, suggestions }).slice(0, 1)
  }
}
