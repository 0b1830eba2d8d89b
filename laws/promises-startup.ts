import type { Chapter } from './pledge.ts'

/** The first run: contract §4, and of §5 what follows from the URL in force. */
export const startupPromises: Chapter[] = [
  {
    source: 'contract §4 First run',
    pledges: {
      'C4-page': 'GET /startup is the wizard page; its form claims as the API does.',
      'C4-page-home': 'While nobody owns the install, its front page leads to the wizard.',
      'C4-url-ok': 'POST /api/startup/url answers OK and the URL.',
      'C4-url-error': 'A publicUrl that cannot be one is 400 with one sentence in error.',
      'C4-url-form': 'The URL check looks at the form only and fetches nothing.',
      'C4-claim': 'POST /api/startup claims the home workspace: tenantId, publicUrl, loginUrl, message.',
      'C4-claim-owner': 'The claim makes its caller super admin with the password given.',
      'C4-claim-fields': 'A claim with faults names every field at once and changes nothing.',
      'C4-claim-whole': 'A refused claim leaves nothing behind.',
      'C4-claim-race': 'Of claims at once, also through several servers, exactly one wins.',
      'C4-gone': 'After the claim the page and both calls are 410.',
      'C4-token-free': 'No token is needed while URL in force, posted URL, HOST and Host are all local.',
      'C4-token-due': 'As soon as one of them is not local, the setup token is required.',
      'C4-token-unset': 'While the token is due and not set, the wizard is 403 and says how to set it.',
      'C4-token-tries': 'A setup token has five tries a minute.',
      'C4-token-origin': 'A page of another site cannot claim without the token.',
      'C4-url-fixed': 'A setting that is not localhost cannot be changed: publicUrl must equal it.',
      'C4-url-in-use': 'With other workspaces publicUrl must keep the host, else 409 PUBLIC_URL_IN_USE.',
      'C4-stored-url': 'The stored public URL wins over a localhost setting, also after a restart.',
      'C4-stored-everywhere': 'Every server of the install follows a stored public URL within seconds.',
      'C4-stored-used': 'Links and Origin checks use the stored URL; loopback names keep reaching home.'
    }
  },
  {
    source: 'contract §5 Settings, the URL in force',
    pledges: {
      'C5-judged-per-request': 'What hangs on localhost is judged by the URL in force at each request.',
      'C5-mail-unsent': 'Off localhost and without SMTP_URL, a claim warns that mail waits in the outbox.'
    }
  }
]
