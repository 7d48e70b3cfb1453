import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, urlOf } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { edgePassesHost } from './edge-passes-host.ts';

/**
 * How many requests doctor sends to /auth/jwks. If the edge distributes requests to several token servers, each server
 * most likely gets at least one of 8 requests. Each request opens a new connection, because some edges choose a server
 * per connection.
 */
const requestCount = 8;

/**
 * Checks that all token servers behind the edge sign with the same keys, and that these are the keys of this
 * configuration. To find out, doctor requests /auth/jwks several times and compares the key ids in the answers.
 */
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
        problem: `doctor sent ${sets.length} requests to ${urlOf(target)}/auth/jwks. ${sets.length - known.length} of the answers contained different keys than the rest of the answers.`,
        impact:
          'Several dockpass servers with different keys answer under this name. The registry accepts the tokens of only one of them.',
        fix: 'Give all dockpass servers the same database and the same keys.secret, or let the edge use only one server.',
      });
    const place = config.keys.secret === null ? config.keys.directory : 'the database';
    return wrong('other_token_server', {
      problem: `${urlOf(target)}/auth/jwks contains none of the keys in ${place}.`,
      impact:
        'The dockpass server that answers at this address does not use this configuration. Findings that depend on the keys of this configuration do not apply to that server.',
      fix: "In the edge's configuration, set the address of dockpass to the value of `listen` in dockpass.yml. Or run doctor with the configuration file of the dockpass server that answers: --config FILE.",
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
