import { isIP } from 'node:net';
import type { Command } from 'commander';
import { printable } from '../../audit/format-event.ts';
import { eventIdGrammar } from '../../explain/explain-events.ts';
import { DockpassError } from '../../errors.ts';
import type { Explanation } from '../../explain/explain.ts';
import { withAdministration } from '../administration/open-administration.ts';
import type { Explanations } from '../administration/observation.ts';
import { print, printJson, say } from '../output.ts';

export interface ExplainOptions {
  readonly host?: string;
  readonly user?: string;
  readonly token?: string;
  readonly jwt?: string;
  readonly from?: string;
  readonly json?: boolean;
}

/** Explains a request, or the event with an id from an error message. */
export async function showExplanation(
  words: readonly string[],
  options: ExplainOptions,
  command: Command,
): Promise<void> {
  await withAdministration(command, async ({ explanations }) => {
    const [first = ''] = words;
    if (words.length === 1 && eventIdGrammar.test(first))
      return explainEventId(explanations, first, options.json === true);
    const explanation = await explainRequest(explanations, words, options);
    if (options.json === true) printJson(explanation);
    else for (const line of linesOf(explanation)) print(printable(line));
    if (explanation.token !== undefined && explanation.scopes.some(({ missing }) => missing.length > 0))
      say(
        'The registry denies what the token does not contain, in its own words and without an id. docker shows "requested access to the resource is denied".',
      );
  });
}

async function explainRequest(
  explanations: Explanations,
  scopes: readonly string[],
  { host, user, token, jwt: file, from = '127.0.0.1' }: ExplainOptions,
): Promise<Explanation> {
  if (host === undefined) {
    throw new DockpassError(
      'bad_usage',
      'the host is missing. Add the host under which clients reach the registry, such as --host registry.example.com.',
    );
  }
  if (isIP(from) === 0)
    throw new DockpassError('bad_usage', `--from must be an IP address, not ${JSON.stringify(from)}`);
  const jwt = file === undefined ? undefined : await (await import('../trust/jwt-file.ts')).readJwt(file);
  return explanations.request({ host, scopes, user, token, jwt, address: from });
}

const realmReasons: Readonly<Record<Explanation['realm']['because'], string>> = {
  'public domain': 'an entry of publicDomains matches this host',
  'not a public domain': 'no entry of publicDomains matches this host',
  'external url': 'all requests belong to the domain in externalUrl',
};

function linesOf({ realm, who, note, scopes, token, refusal }: Explanation): string[] {
  const name = nameOf(who);
  const login = who.through.startsWith('no login') ? who.through : `by ${who.through}`;
  const lines = [
    `realm   ${realm.kind}: ${realm.host}, because ${realmReasons[realm.because]}`,
    `who     ${name}, ${login}`,
    ...(note === undefined ? [] : [`note    ${note}`]),
  ];
  for (const { scope, actions, reason, by } of scopes) {
    lines.push(
      `scope   ${scope}: ${actions.length === 0 ? 'nothing' : actions.join(', ')}, because: ${reason}`,
    );
    for (const decider of by) lines.push(`          ${decider}`);
  }
  if (refusal !== undefined) lines.push(`error   ${refusal.code}: ${refusal.message}`);
  if (token !== undefined) {
    const access = token.access.map((entry) => `${entry.type}:${entry.name}:${entry.actions.join(',')}`);
    lines.push(
      `token   ${access.length === 0 ? 'no access' : access.join(' ')}, valid for ${token.expiresIn} seconds`,
    );
  }
  return lines;
}

function nameOf({ kind, name }: Explanation['who']): string {
  if (kind === 'anonymous') return 'anonymous';
  if (kind === 'ci') return name === '' ? 'ci' : name;
  return `${kind} ${name}`;
}

async function explainEventId(explanations: Explanations, id: string, json: boolean): Promise<void> {
  const explained = await explanations.events(id);
  if (json) {
    printJson(explained);
    return;
  }
  for (const { line, meaning } of explained) {
    print(line);
    for (const sentence of meaning) print(`  ${printable(sentence)}`);
  }
  if (explained.length > 1)
    say('Several events have this id, because similar errors of one client share an id for one minute.');
}
