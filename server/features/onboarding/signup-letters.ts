import { addSeconds } from '#server/kernel/clock.ts'
import type { Letter } from '#server/kernel/letter.ts'
import type { Means } from '#server/kernel/means.ts'
import { workspaceAddress } from '../tenancy/workspace.ts'
import type { SignupWish } from './signup.schema.ts'
import { codeSeconds, type SignupRow, undoSeconds } from './signup-record.ts'

/**
 * The mail with the code and the link to the confirm page. Of the caller it holds the domain and the agent's
 * cleaned name alone; name and company first appear on the page (contract §2).
 */
export function codeLetter(means: Means, signup: SignupRow, code: string, linkToken: string): Letter {
  const agent = signup.agent_name ? `The agent “${signup.agent_name}”` : 'Somebody'
  return {
    kind: 'signup-code',
    to: signup.email,
    subject: 'Your Ekso verification code',
    expires: addSeconds(means.now, codeSeconds),
    text: [
      `${agent} asked to open the Ekso workspace “${signup.domain}” on ${means.publicUrl.host} for this e-mail address.`,
      'Telling this code to the agent opens the workspace, with you as its owner. The agent gets no access to it. Give the code only to an agent or form that you are using right now:',
      code,
      'The code works for 10 minutes. If a newer mail came for the same request, only the newer code works.',
      'You can also see everything that was asked, and confirm or refuse it, on this page:',
      new URL(`/confirm/${linkToken}`, means.publicUrl).href,
      'Was this not you? Open the page and choose “This was not me”. If you do nothing, nothing is opened.'
    ].join('\n\n')
  }
}

/** The mail to the owner of a new workspace: its address, the way to a password, the way to undo it. */
export function welcomeLetter(
  means: Means,
  made: { wish: SignupWish; tenantId: string; passwordUrl: string; undoToken: string }
): Letter {
  const { wish, tenantId, passwordUrl, undoToken } = made
  const url = workspaceAddress(means, wish.domain)
  return {
    kind: 'welcome',
    to: wish.email,
    tenantId,
    subject: 'Your Ekso workspace is ready',
    expires: addSeconds(means.now, undoSeconds),
    text: [
      `Your Ekso workspace is ready at ${url} and you are its owner.`,
      'Set your password here. The link works once, for 72 hours; the workspace’s own page sends a new one at any time:',
      passwordUrl,
      'Was this a mistake? For 72 hours you can undo it here. That closes the workspace at once and erases it after 7 days:',
      `${url}/undo/${undoToken}`
    ].join('\n\n')
  }
}
