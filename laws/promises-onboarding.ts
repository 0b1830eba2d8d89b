import type { Chapter } from './pledge.ts'

/** Agent onboarding beyond the public reference: contract §2, without the OAuth hand-over. */
export const onboardingPromises: Chapter[] = [
  {
    source: 'contract §2 The sign-up as a resource',
    pledges: {
      'C2-code-extras': 'Step 1 also answers signupId, status, times, what remains, and nextActions.',
      'C2-signup-id': 'signupId is 22 base64url characters and kept only as a keyed hash.',
      'C2-ignores-unknown': 'Onboarding ignores members that it does not know.',
      'C2-check':
        'check names every field fault at once, tells whether the domain is free, and sends nothing.',
      'C2-suggestions': 'A domain that cannot be had comes with three free suggestions.',
      'C2-status': 'The status shows state and true mail delivery, the address masked, no name, no company.',
      'C2-resend': 'resend sends a new code and kills the old one.',
      'C2-resend-limits': 'A sign-up gets at most 3 codes, 2 minutes apart.',
      'C2-email': 'email corrects the address before confirmation, at most twice; the old code dies.',
      'C2-form-person': 'People sign up by a form on the public host, under the same rules and budget.',
      'C2-cancel': 'cancel ends the sign-up; its code and links die.',
      'C2-budget':
        'resend, email and the form for people share the 5 in 5 minutes; check, status and cancel do not.'
    }
  },
  {
    source: 'contract §2 States',
    pledges: {
      'C2-state-awaiting': 'A new sign-up is awaiting_confirmation.',
      'C2-state-completed': 'A confirmed sign-up is completed.',
      'C2-state-rejected': '"Not me" makes it rejected.',
      'C2-state-expired': 'After 60 minutes without confirmation it is expired.',
      'C2-state-cancelled': 'A cancelled sign-up is cancelled.',
      'C2-state-undone': 'The owner can undo it within 72 h; it is undone.'
    }
  },
  {
    source: 'contract §2 Step 2',
    pledges: {
      'C2-correct-details': 'Step 2 with signupId may correct name, company and domain with the same code.',
      'C2-current-email': 'Step 2 with signupId and another e-mail is INVALID_VERIFICATION_CODE.',
      'C2-seed-matching':
        'Step 2 without signupId tries the newest three unused codes of 24 h for the same four values (trimmed, e-mail without case).',
      'C2-seed-agent': 'Step 2 without signupId never opens a sign-up that was begun with agent.',
      'C2-seed-silent':
        'Without signupId only the right code is told that it expired, and no counts are shown.',
      'C2-repeat-signup-id': 'A repeated step 2 with signupId gets the first answer again.',
      'C2-repeat-key': 'A repeated step 2 with an Idempotency-Key gets the first answer again.',
      'C2-repeat-plain': 'A repeated step 2 with neither is INVALID_VERIFICATION_CODE.',
      'C2-race-copies': 'Parallel copies of one step 2 open one workspace and get the same answer.'
    }
  },
  {
    source: 'contract §2 Codes',
    pledges: {
      'C2-code-hashed': 'Codes and links are in no table, log or answer in clear.',
      'C2-code-tries': 'After 5 wrong tries a code is dead: VERIFICATION_CODE_LOCKED.',
      'C2-code-race': 'Parallel guesses never get more than 5 tries.',
      'C2-code-silent': 'A wrong code never tells whether an address or a sign-up exists.',
      'C2-code-strangers': 'Two strangers with one address do not burn the tries of each other.',
      'C2-code-earlier': 'Another sign-up does not kill an earlier code; only resend or correction does.',
      'C2-die-together': 'Codes and links die together: by resend, correction, cancel and the end.'
    }
  },
  {
    source: 'contract §2 Domain',
    pledges: {
      'C2-domain-hyphens': 'No hyphen at either end, none at positions 3–4 together.',
      'C2-domain-order': 'Length is judged before characters.',
      'C2-domain-look-alikes':
        'Look-alikes of deceiving names (adm1n, www2) and our own routes are reserved.',
      'C2-domain-free': 'acme, team42 and 007 are free.',
      'C2-domain-race': 'Of racing sign-ups for one domain exactly one gets it.',
      'C2-domain-rest': 'A name given back rests 180 days, except for the address that gave it back.'
    }
  },
  {
    source: 'contract §2 Mail and the confirm page',
    pledges: {
      'C2-mail-outbox': 'A crash between commit and mail loses no mail.',
      'C2-mail-message-id': 'A mail that is sent twice has the same Message-ID.',
      'C2-mail-content': 'Of the caller, the mail has only the domain and the cleaned name of the agent.',
      'C2-mail-warning': 'The mail says above the code what it grants and whom to give it to.',
      'C2-link-get': 'A GET on a mailed link changes nothing.',
      'C2-link-headers': 'Pages with tokens send Referrer-Policy: same-origin and no-store.',
      'C2-page-shows': 'The confirm page shows what was asked, by whom, from where, with which rights.',
      'C2-page-approve':
        'Approving creates the workspace exactly as shown and gives the agent nothing unasked.',
      'C2-page-not-me':
        '"Not me" ends the sign-up and offers "no more of these": 30 days without, lifted from the same page.',
      'C2-page-code-lives': 'After approval on the page the code keeps its ten minutes for one step 2.',
      'C2-page-no-code': 'After approval step 2 with signupId needs no code, and nextActions says so.',
      'C2-undo-password': 'Undo needs the password once one is set.',
      'C2-undo-closes': 'Undo closes the workspace at once and erases it after 7 days.'
    }
  },
  {
    source: 'contract §2 Errors that say what to do',
    pledges: {
      'C2-error-fields-422': 'Field faults of onboarding are 422 Logic with empty fields.',
      'C2-error-members': 'Every onboarding error has field, errors, retry and nextActions as they apply.',
      'C2-error-all': 'errors names all faults at once.',
      'C2-error-counts': 'Errors with a signupId tell attemptsRemaining; waits tell retryAfterSeconds.',
      'C2-error-not-found': 'An unknown signupId is 404 SIGNUP_NOT_FOUND.',
      'C2-error-gone': 'An expired, rejected or cancelled sign-up is 410 with its own code.',
      'C2-error-closed': 'Where sign-up is closed, every onboarding write is 403 SIGNUP_CLOSED.',
      'C2-error-malformed': 'A malformed body is 400 MALFORMED_BODY.',
      'C2-next-actions': 'A client that only follows nextActions finishes from any error.',
      'C2-next-actions-urls': 'nextActions URLs come from the stored public URL, never from Host.',
      'C2-logs': 'Logs hold route patterns, never URLs, codes or tokens.',
      'C2-discovery-true':
        'Discovery documents describe this install and only what works; every link in them answers.'
    }
  }
]
