import type { Chapter } from './pledge.ts'

/** Settings and what follows from them: contract §5. */
export const settingPromises: Chapter[] = [
  {
    source: 'contract §5 Settings',
    pledges: {
      'C5-none-needed': 'The server starts without any setting, on localhost:6050.',
      'C5-all-faults': 'All faults of the settings are reported at once.',
      'C5-https': 'A public URL that is not localhost must be https.',
      'C5-host-default': 'HOST is 127.0.0.1 for a localhost public URL, else 0.0.0.0.',
      'C5-database': 'DATABASE_URL takes any PostgreSQL from 15 on.',
      'C5-bypass-role': 'A database role that bypasses row security is refused.',
      'C5-pooler': 'A pooler in transaction mode is refused.',
      'C5-secret-made': 'On localhost a secret is made once and kept with mode 600.',
      'C5-secret-required': 'Elsewhere a secret of at least 32 bytes is required; a kept one satisfies.',
      'C5-secret-wrong': 'A secret that does not open the check value of the database stops the start.',
      'C5-smtp-required': 'SMTP_URL is required when the public URL is not localhost.',
      'C5-proxies': 'A trusted proxy of /0 is refused.',
      'C5-limit-off': 'EKSO_RATE_LIMIT=0 switches the limit of requests off.',
      'C5-signup-closed': 'Off localhost sign-up is closed unless EKSO_SIGNUP=open was set.',
      'C5-dev-mail': '/dev/mail shows kept mail, newest first, as HTML and as JSON.',
      'C5-dev-mail-guard':
        '/dev/mail answers only a loopback peer without forwarding headers, on a loopback Host.',
      'C5-dev-mail-off': 'Off localhost /dev/mail is 404.'
    }
  }
]
