import type { Chapter } from './pledge.ts'

/** The public reference: `S1` is the page on the API, `S2` the page on agent onboarding. */
export const seedPromises: Chapter[] = [
  {
    source: 'S1 Base URL, Rate limits',
    pledges: {
      'S1-success-200': 'Success is 200 with the bare payload as application/json.',
      'S1-limit-fifty': 'The 51st request of one address within a second is 429.'
    }
  },
  {
    source: 'S1 Error handling',
    pledges: {
      'S1-error-body': 'Every error has kind, message and fields.',
      'S1-error-fields': 'Only Validation errors fill fields; each entry has field and code.',
      'S1-error-400': 'Field faults are 400 Validation.',
      'S1-error-403': 'What the caller may not do is 403 Permission.',
      'S1-error-422': 'A broken business rule is 422 Logic.',
      'S1-error-500': 'Our own failure is 500 Exception.'
    }
  },
  {
    source: 'S1 Versioning',
    pledges: {
      'S1-version-query': 'The version can be named as ?api-version=1.0.',
      'S1-version-path': 'The version can be named as /api/v1.0/….',
      'S1-version-header': 'The version can be named in x-api-version.',
      'S1-version-media-type': 'The version can be named as a parameter of Accept.',
      'S1-version-latest': 'Without a version the latest one answers.'
    }
  },
  {
    source: 'S2 Endpoints',
    pledges: {
      'S2-code-answer': 'Step 1 takes name, email, company, domain and answers "Verification code sent".',
      'S2-code-mail': 'Step 1 mails a code of six digits to the address.',
      'S2-signup-answer':
        'Step 2 takes the same four and the code and answers tenantId, domain, loginUrl, message.',
      'S2-signup-tenant-id': 'tenantId is 12 lower-case hexadecimal characters.',
      'S2-signup-login-url':
        'loginUrl is the address of the new workspace: its domain before the public host.',
      'S2-signup-message': 'The message of step 2 is the one of the reference, with the address in it.',
      'S2-signup-workspace': 'After step 2 the workspace answers at its loginUrl.',
      'S2-password-mail': 'After step 2 the owner receives a mail with a link that sets the password.',
      'S2-same-details': 'The code opens only a sign-up for the details that it was sent for.'
    }
  },
  {
    source: 'S2 Validation rules',
    pledges: {
      'S2-name-required': 'A missing or empty name is refused.',
      'S2-email-required': 'A missing or empty e-mail is refused.',
      'S2-email-format': 'An e-mail that is not one is refused.',
      'S2-company-required': 'A missing or empty company is refused.',
      'S2-domain-required': 'A missing or empty domain is refused.',
      'S2-domain-length': 'A domain of 3 and one of 20 characters are taken.',
      'S2-domain-characters': 'A domain has lower-case letters, digits and hyphens only.'
    }
  },
  {
    source: 'S2 Error codes',
    pledges: {
      'S2-error-body': 'Every onboarding error has code and message.',
      'S2-domain-taken': 'A domain in use is 409 DOMAIN_TAKEN.',
      'S2-domain-blacklisted': 'A reserved domain is 422 DOMAIN_BLACKLISTED.',
      'S2-domain-too-short': 'Fewer than 3 characters are 422 DOMAIN_TOO_SHORT.',
      'S2-domain-too-long': 'More than 20 characters are 422 DOMAIN_TOO_LONG.',
      'S2-code-wrong': 'A wrong code is 422 INVALID_VERIFICATION_CODE.',
      'S2-code-used': 'A used code is 422 INVALID_VERIFICATION_CODE.',
      'S2-code-expired': 'A code that came too late is 422 VERIFICATION_CODE_EXPIRED.',
      'S2-code-ten-minutes': 'A code is valid for ten minutes.'
    }
  },
  {
    source: 'S2 Rate limits',
    pledges: {
      'S2-limit-five': 'The sixth request of one address within five minutes is 429.',
      'S2-limit-shared': 'Both steps share the one limit.',
      'S2-limit-two-minutes': 'No second code for the same e-mail within two minutes.'
    }
  },
  {
    source: 'S2 Discovery',
    pledges: {
      'S2-llms-txt': '/llms.txt leads an agent to the onboarding API.',
      'S2-agent-card': '/.well-known/agent-card.json is an A2A agent card that names the onboarding API.',
      'S2-guide': '/guide/agent-onboarding explains the two steps.'
    }
  }
]
