import { settingOf, type ProbedDomain } from '../domains.ts';
import { noFindings, warning, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

/** Does a server listen at each address of the domain? `findDomains` has measured that already. */
export const edgeListens = createProbe<ProbedDomain, undefined>({
  measure: async () => undefined,
  judge: (_measured, { name, kind, wildcard, reached }) => {
    const setting = settingOf(kind);
    // Of the many names that *.NAME stands for, only some may exist, and not the one that doctor made up.
    const severity = wildcard ? warning : wrong;
    switch (reached.state) {
      case 'open':
        if (reached.closedAddresses.length === 0) return noFindings;
        return warning('address_closed', {
          problem: `${name} (${setting}) has several addresses, and no server listens at ${reached.closedAddresses.join(', ')}.`,
          impact:
            'Clients that try this address first wait for a timeout or fail. Often it is the IPv6 address.',
          fix: `Let the edge listen on every address of ${name}, or remove the address from DNS.`,
        });
      case 'unresolved':
        return severity('name_unresolved', {
          problem: `${name} (${setting}) has no address: ${reached.reason}.`,
          impact: `No client can reach the registry under this name. If it is misspelled, the intended name is ${kind === 'public' ? 'private, so no one can pull there without a login' : 'not checked'}.`,
          fix: `Correct ${setting} in dockpass.yml, or add a DNS record for ${name} with the address of the edge. If DNS is elsewhere: --resolve HOST:PORT:ADDRESS or --edge URL.`,
        });
      case 'closed':
        return severity('door_closed', {
          problem: `${name} (${setting}): no server listens at ${reached.tried.join(', ')}.`,
          impact: 'Either the edge does not run, or the name points to another machine or port.',
          fix: `Start the edge, or correct the address of ${name} in DNS, or its spelling in ${setting}. If the edge listens on another port: --edge URL, or add the port to the name in ${setting}.`,
        });
    }
  },
});
