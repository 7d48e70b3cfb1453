import type { ProbedDomain } from '../domains.ts';
import { noFindings, warning, wrong, type Finding } from '../finding.ts';

/** Does the name lead anywhere? */
export async function edgeListens({
  name,
  kind,
  wildcard,
  reached,
}: ProbedDomain): Promise<readonly Finding[]> {
  const setting = kind === 'public' ? 'publicDomains' : 'up.privateDomains';
  switch (reached.state) {
    case 'open':
      return noFindings;
    case 'unresolved':
      // Of *.NAME, single names may well exist.
      return (wildcard ? warning : wrong)('name_unresolved', {
        problem: `${name} (${setting}) has no address: ${reached.reason}.`,
        impact: `Nobody can reach the registry under it. Where it is misspelled, the name that was meant is ${kind === 'public' ? 'private: nobody pulls there without a login' : 'not looked at here'}.`,
        fix: `Correct ${setting} in dockpass.yml, or give ${name} an address in DNS: that of the edge. Elsewhere than in DNS: --resolve HOST:PORT:ADDRESS or --edge URL.`,
      });
    case 'closed':
      return (wildcard ? warning : wrong)('door_closed', {
        problem: `${name} (${setting}): nothing listens at ${reached.tried.join(', ')}.`,
        impact: 'Either the edge does not run, or the name leads to another machine or port.',
        fix: `Start the edge; or correct the address of ${name} in DNS, or its spelling in ${setting}. If the edge listens on another port: --edge URL, or name it with its port in ${setting}.`,
      });
  }
}
