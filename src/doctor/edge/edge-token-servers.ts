import { sendRequest, urlOf } from '../http-request.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext } from '../context.ts';

/** Connections of their own, so that an edge that shares them out comes to every server. */
const looks = 8;

/** Do all token servers behind the door sign with the same keys, and with ours? */
export async function edgeTokenServers(
  { keys, config }: DoctorContext,
  { target }: ReachableDomain,
): Promise<readonly Finding[]> {
  const sets: string[][] = [];
  for (let look = 0; look < looks; look++) sets.push(kidsIn((await sendRequest(target, '/auth/jwks')).body));
  const ours = keys?.leaves.map((leaf) => keys.key(leaf, 'kid').kid) ?? sets[0] ?? [];
  const known = sets.filter((kids) => kids.some((kid) => ours.includes(kid)));
  if (known.length === sets.length) return noFindings;
  if (known.length > 0)
    return wrong('two_token_servers', {
      problem: `of ${looks} looks at ${urlOf(target)}/auth/jwks, ${looks - known.length} showed other keys than the rest.`,
      impact:
        'Two dockpass with different keys stand behind this name: the registry refuses the tokens of one of them, now and then.',
      fix: 'Give all of them one database and one keys.secret, or let the edge know one alone.',
    });
  return wrong('other_token_server', {
    problem: `${urlOf(target)}/auth/jwks shows none of the keys in ${config.keys.secret === null ? config.keys.directory : 'the database'}.`,
    impact:
      'Another dockpass answers there than the one of this configuration; what doctor finds with these keys says nothing about it.',
    fix: "Correct the address of dockpass in the edge's configuration (`listen` in dockpass.yml); or name the configuration that it runs with: --config FILE.",
  });
}

function kidsIn(body: string): string[] {
  try {
    return (JSON.parse(body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  } catch {
    return [];
  }
}
