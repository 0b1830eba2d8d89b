import type { Chapter } from './pledge.ts'

/** What holds for every route: contract §1, and of §3 and §4 what routes without sign-in need. */
export const conventionPromises: Chapter[] = [
  {
    source: 'contract §1 API conventions, Errors',
    pledges: {
      'C1-unknown-members': 'A member that a schema does not name is refused as unknown.',
      'C1-no-coercion': 'A value of the wrong JSON type is refused, never converted.',
      'C1-text-clean': 'NUL and invalid UTF-8 are refused everywhere.',
      'C1-error-body': 'Every error also has the stable code and the requestId.',
      'C1-error-json': 'Malformed JSON is 400 with field body.',
      'C1-error-404': 'An unknown route is 404 NotFound.',
      'C1-error-421': 'A Host that names no workspace is 421 HOST_UNKNOWN.',
      'C1-error-413': 'A body too large is 413.',
      'C1-error-415': 'A body that is not JSON is 415.',
      'C1-error-429': 'A 429 says in Retry-After how many seconds to wait.',
      'C1-error-500': 'A 500 shows neither stack nor SQL; its requestId finds the log line.',
      'C1-error-503': 'Without database, or while stopping, the answer is 503 with Retry-After.',
      'C1-error-guide': '/guide/errors lists every code.'
    }
  },
  {
    source: 'contract §1 Versioning',
    pledges: {
      'C1-version-spelling': '1 and 1.0 are the same version, in the path with or without v.',
      'C1-version-unknown': 'An unknown version is 400 with field api-version.',
      'C1-version-ambiguous': 'Two selectors that disagree are 400 AMBIGUOUS_API_VERSION.',
      'C1-version-answer': 'Every answer names api-supported-versions.',
      'C1-version-onboarding': 'All four selectors work on the onboarding routes.'
    }
  },
  {
    source: 'contract §1 Limits',
    pledges: {
      'C1-limit-per-host': 'The 50 a second are counted per host and address.',
      'C1-limit-all-hosts': 'One address has 500 requests a second over all hosts.',
      'C1-limit-every-path':
        'The limit holds outside /api too, but not for static files, /healthz and /readyz.',
      'C1-limit-headers': 'Answers carry RateLimit-Policy and RateLimit.',
      'C1-limit-client':
        'The client is the right-most forwarded address that is no trusted proxy; untrusted peers cannot forward.',
      'C1-limit-untrusted-log': 'Forwarding headers of an untrusted private peer are logged once.',
      'C1-limit-ipv6': 'IPv6 clients are counted by /64.',
      'C1-limit-nodes': 'With REDIS_URL several nodes share their counts.',
      'C1-limit-restart': 'Onboarding, mail and password limits survive a restart.'
    }
  },
  {
    source: 'contract §1 Limits, mail',
    pledges: {
      'C1-mail-as-typed': 'The two minutes count on the address as typed, case ignored.',
      'C1-mail-ten-a-day':
        'A folded address gets 10 mails a day of the kinds a stranger can cause (off on localhost).',
      'C1-mail-tenant': 'A workspace in its first week sends 50 mails a day.',
      'C1-mail-install': 'The install sends EKSO_MAIL_PER_DAY mails a day.',
      'C1-mail-refusal': 'Onboarding over a mail budget answers CODE_RECENTLY_SENT with Retry-After.',
      'C1-mail-confirmed': 'A mail after a confirmed act waits for no budget of strangers.'
    }
  },
  {
    source: 'contract §1 Writes that can be repeated',
    pledges: {
      'C1-key-replay': 'The same key and body get the first answer again, with Idempotent-Replayed: true.',
      'C1-key-reused': 'The same key of one client with another body is 422 IDEMPOTENCY_KEY_REUSED.',
      'C1-key-running': 'A copy waits up to 5 s for the running request, then 409 REQUEST_IN_PROGRESS.',
      'C1-key-shape': 'A key that is not 1 to 255 printable characters is refused.',
      'C1-key-day': 'An answer is kept for 24 hours.',
      'C1-key-path': 'The key counts per method and full path with query.',
      'C1-key-atomic': 'The transaction of the write claims the key and stores the answer: all or nothing.',
      'C1-key-not-kept': '401, 429 and 5xx are not kept.',
      'C1-key-sealed': 'Kept answers are sealed in the database.',
      'C1-key-anonymous': 'For anonymous callers the same key with another body is another request.',
      'C1-key-short': 'In step 1 a key under 22 characters counts only from the same address.',
      'C1-key-limits': 'A repeated call counts in the limits.'
    }
  },
  {
    source: 'contract §1 Documents',
    pledges: {
      'C1-openapi': '/openapi.json is OpenAPI 3.1 with every API route.',
      'C1-docs': '/docs shows the reference to a browser.',
      'C1-guide': 'Each /guide page is readable as Markdown and as HTML.',
      'C1-api-catalog': '/.well-known/api-catalog is a linkset of RFC 9727.',
      'C1-healthz': '/healthz answers while the process lives.',
      'C1-readyz': '/readyz tells whether the database answers and its migrations are current.'
    }
  },
  {
    source: 'contract §3, what needs no sign-in',
    pledges: {
      'C3-password-rules': 'A password has 8–40 characters, upper, lower, digit, and is not a common one.',
      'C3-password-argon2id': 'Passwords are kept as argon2id hashes.',
      'C3-password-link': 'The link for the first password works once, for 72 h, and can be asked for again.',
      'C3-password-queue': 'At most 2 hashes run and 32 wait; beyond that 429.',
      'C3-password-tries': 'Posts that check a password are limited to 10 a minute per address.',
      'C3-form-origin': 'A form POST needs the Origin of its own page; absent or null is refused.',
      'C3-cors-api': '/api and /openapi.json answer CORS * without credentials.',
      'C3-cors-elsewhere': 'Other routes answer no CORS header.',
      'C3-docs-sandbox': '/docs runs under a CSP sandbox without same-origin, or without scripts.'
    }
  },
  {
    source: 'contract §4, hosts',
    pledges: {
      'C4-host-twice': 'Two Host headers are 400.',
      'C4-host-exact': 'Hosts compare lower-cased, with the exact port.',
      'C4-host-loopback': 'Loopback names keep reaching the home workspace.'
    }
  }
]
