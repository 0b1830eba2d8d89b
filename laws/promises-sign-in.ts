import type { Chapter } from './pledge.ts'

/** Sign-in, consent and what people do in the browser: contract §3. */
export const signInPromises: Chapter[] = [
  {
    source: 'contract §3 Sign-in',
    pledges: {
      'C3-sign-in': 'People sign in with address and password; each sign-in has a new session id.',
      'C3-sign-in-unknown': 'An unknown address is answered, hashed and counted like a wrong password.',
      'C3-sign-in-return': 'Sign-in leads only to paths of its own host.',
      'C3-session-cookie':
        'The session cookie is host-only, HttpOnly and SameSite=Lax, `__Host-` and Secure on https.',
      'C3-session-end': 'A session ends by sign-out, another password, deactivation, undo, idleness and age.',
      'C3-session-workspace': 'A session is worth nothing in another workspace or at the API.',
      'C3-form-sibling': 'A form sent from a sibling workspace is refused.',
      'C3-own-password': 'Changing the own password takes the current one and ends all that it gave.',
      'C3-reset-clears': 'A reset by mail always works and clears the failures.'
    }
  },
  {
    source: 'contract §3 Throttle',
    pledges: {
      'C3-throttle-wait': 'After 10 failures in 15 minutes there is a wait, doubling to 15 minutes.',
      'C3-throttle-parallel': 'Guesses at once all count.',
      'C3-throttle-known-browser':
        'A browser that signed in to the account before has its own counter, so that strangers lock nobody out.',
      'C3-second-factor': 'Where it is switched on, a mailed code is asked for after the password.',
      'C3-second-factor-tries': 'Tries at mailed codes count per account over all codes, 10 a day.'
    }
  },
  {
    source: 'contract §3 Consent',
    pledges: {
      'C3-consent-shows':
        'Consent names the client, unverified when it registered itself, and shows the redirect host, workspace and user.',
      'C3-consent-loopback': 'Consent warns for loopback and the schemes of apps, and is always shown there.',
      'C3-consent-boxes': 'Each scope can be unticked; `admin` and `money:read` start unticked.',
      'C3-consent-admin': '`admin` takes a super admin and a password entered in the last 10 minutes.',
      'C3-consent-remembered':
        'Consent is remembered for https redirects alone, by user, client, host, resource and scopes.',
      'C3-consent-browser': 'An interaction can be answered only in the browser that began it.',
      'C3-consent-form-action': 'The redirect after the form is not stopped by the content policy.'
    }
  },
  {
    source: 'contract §3 Connected apps',
    pledges: {
      'C3-apps-list': 'People see the apps that act for them, and disconnect them.',
      'C3-first-password-agents':
        'The page of the first password lists connected agents, each with a box to disconnect it.',
      'C3-keys-page': 'People make API keys in the browser, see each once, and revoke them.',
      'C3-audit': 'Super admins read what was done, newest first and without secrets.'
    }
  }
]
