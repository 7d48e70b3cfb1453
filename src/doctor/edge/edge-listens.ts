import { settingOf, type ProbedDomain } from '../domains.ts';
import { noFindings, warning, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

/**
 * Checks that a server listens at each address of the domain. `findDomains` has already tried to connect to all
 * addresses, so this probe only judges the results.
 */
export const edgeListens = createProbe<ProbedDomain, undefined>({
  measure: async () => undefined,
  judge: (_measured, { name, kind, wildcard, reached }) => {
    const setting = settingOf(kind);
    // doctor checks a wildcard domain (*.NAME) under a host name that doctor made up. Even if the made-up host name
    // does not exist, other host names of the domain may exist, so a failure is only a warning.
    const severity = wildcard ? warning : wrong;
    switch (reached.state) {
      case 'open':
        if (reached.closedAddresses.length === 0) return noFindings;
        return warning('address_closed', {
          problem: `${name} (${setting}) has several addresses, and no server listens at ${reached.closedAddresses.join(', ')}.`,
          impact:
            'If a client first tries an address where no server listens, the client waits for a timeout or fails. Such an address is often an IPv6 address.',
          fix: `Let the edge listen on every address of ${name}, or remove the addresses without a server from DNS.`,
        });
      case 'unresolved':
        return severity('name_unresolved', {
          problem: `${name} (${setting}) has no address: ${reached.reason}.`,
          impact: `No client can reach the registry under this name. If ${name} is misspelled, ${kind === 'public' ? 'dockpass treats the correct name as a private domain. So no one can pull under the correct name without a login' : 'doctor checks the wrong host name'}.`,
          fix: `Correct ${setting} in dockpass.yml, or add a DNS record for ${name} with the address of the edge. If clients use another DNS server than this machine, run doctor with --resolve HOST:PORT:ADDRESS or --edge URL.`,
        });
      case 'closed':
        return severity('door_closed', {
          problem: `${name} (${setting}): no server listens at ${reached.tried.join(', ')}.`,
          impact: 'Either the edge does not run, or the name points to another machine or port.',
          fix: `Start the edge, or correct the address of ${name} in DNS, or the spelling of the name in ${setting}. If the edge listens on another port, run doctor with --edge URL, or add the port to the name in ${setting}.`,
        });
    }
  },
});
