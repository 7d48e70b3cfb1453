import type { JwtResults } from '../../test/support/client/compatibility.ts';
import { cell, marks } from './cells.ts';

export const jwtTitle = '## With the JWT of a CI job';

/** Renders the part about logins with the JWT of a CI job. */
export function renderJwt({ commit, at, registry, edge, versions, results }: JwtResults): string {
  const clients = results.map((result) => {
    const { client, login, push, pull, afterEnd } = result;
    const after = afterEnd === 'pushes' ? 'pushes' : 'must log in again';
    return `| ${[client, cell(versions[client] ?? ''), marks[login], marks[push], marks[pull], after].join(' | ')} |`;
  });
  const lines = [
    jwtTitle,
    '',
    `Generated from test/e2e/trust/jwt-clients.test.ts on commit ${commit}, ${at.slice(0, 10)}: registry ${registry} behind ${edge}.`,
    'Each client gets the JWT in place of a password ([trust rules](trust.md)). docker stores a refresh token instead of the JWT, so',
    'it also pushes when the JWT has expired. The other clients send the JWT each time, and must log in again',
    '([builds that push long after their login](trust/long-builds.md)).',
    '',
    '| client | version | login | push | pull | after the JWT has expired |',
    '| --- | --- | --- | --- | --- | --- |',
    ...clients,
    '',
    'What the clients print after the JWT has expired:',
    ...results.flatMap(({ client, said }) =>
      said === undefined ? [] : ['', `${client}:`, '', '```text', ...said.split('\n'), '```'],
    ),
    '',
  ];
  return `${lines.join('\n')}\n`;
}
