import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { edgePassesHost } from './edge-passes-host.ts';

/** Each request has a connection of its own, so that an edge that balances load uses every token server. */
const requestCount = 8;

/** Do all token servers behind the edge sign with the same keys, and with ours? The measurement is their key ids. */
export const edgeTokenServers = createProbe<ReachableDomain, readonly (readonly string[])[]>({
  after: [edgePassesHost],
  measure: async (_context, { target }) => {
    const sets: string[][] = [];
    for (let sent = 0; sent < requestCount; sent++)
      sets.push(keyIdsIn((await sendRequest(target, '/auth/jwks')).body));
    return sets;
  },
  judge: (sets, { target }, { keys, config }) => {
    const ours = keys?.leaves.map((leaf) => keys.key(leaf, 'kid').kid) ?? sets[0] ?? [];
    const known = sets.filter((ids) => ids.some((id) => ours.includes(id)));
    if (known.length === sets.length) return noFindings;
    if (known.length > 0)
      return wrong('two_token_servers', {
        problem: `Of ${sets.length} requests to ${urlOf(target)}/auth/jwks, ${sets.length - known.length} were answered with other keys than the rest.`,
        impact:
          'Several dockpass servers with different keys answer under this name. The registry rejects the tokens of all but one.',
        fix: 'Give all of them the same database and the same keys.secret, or let the edge use only one.',
      });
    const place = config.keys.secret === null ? config.keys.directory : 'the database';
    return wrong('other_token_server', {
      problem: `${urlOf(target)}/auth/jwks shows none of the keys in ${place}.`,
      impact:
        'Another dockpass answers there than the one of this configuration. What doctor finds with these keys says nothing about it.',
      fix: "Correct the address of dockpass in the edge's configuration (`listen` in dockpass.yml). Or name the configuration that the other one runs with: --config FILE.",
    });
  },
});

function keyIdsIn(body: string): string[] {
  try {
    return (JSON.parse(body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  } catch {
    return [];
  }
}
