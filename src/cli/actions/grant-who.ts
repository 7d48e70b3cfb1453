import { isIP } from 'node:net';
import type { Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import type { Access } from '../../explain/who-can.ts';
import type { Action } from '../../policy/rights.ts';
import { maxNameLength, nameGrammarSource } from '../../scope/parse-scopes.ts';
import { withAdministration } from '../administration/open-administration.ts';
import type { JsonOption } from '../cli-command.ts';
import { printJson, printTable } from '../output.ts';

export interface WhoOptions extends JsonOption {
  readonly from?: string;
}

/** Shows who may do an action, or anything, on a repository. */
export async function showWho(
  repository: string,
  action: Action | undefined,
  { from, json }: WhoOptions,
  command: Command,
): Promise<void> {
  requireRepositoryName(repository);
  requireAddress('--from', from);
  const found = await withAdministration(command, ({ grants }) =>
    grants.who({ repository, action, address: from }),
  );
  if (json === true) printJson(found);
  else printTable(found.map(rowOf), `no one may ${describeAction(action)} ${repository}`);
}

function describeAction(action: Action | undefined): string {
  if (action === undefined) return 'do anything on';
  if (action === 'pull') return 'pull from';
  if (action === 'push') return 'push to';
  return action === 'delete' ? 'delete images of' : 'do everything on';
}

function rowOf({
  kind,
  name,
  user,
  domain,
  actions: allowed,
  by,
  reason,
  from,
}: Access): Record<string, string> {
  const who = {
    anonymous: 'anyone, without a login',
    user: name,
    'htpasswd user': `${name} (htpasswd file)`,
    token: `access token ${name} of ${user}`,
    robot: `robot ${name}`,
    ci: `${name} (trust rule)`,
  }[kind];
  return {
    who,
    domain,
    actions: allowed.join(','),
    from:
      from === null ? 'any address' : from.map((networks) => networks.join(' + ') || 'elsewhere').join(', '),
    through: by.length === 0 ? reason : by.join('; '),
  };
}

/** @throws DockpassError `bad_name` if no repository can have this name */
function requireRepositoryName(text: string): void {
  if (new RegExp(`^${nameGrammarSource}$`).test(text) && text.length <= maxNameLength) return;
  throw new DockpassError(
    'bad_name',
    `${JSON.stringify(text.slice(0, 80))} is not the name of a repository. Give one name, such as team/app, without host, tag and pattern.`,
  );
}

function requireAddress(option: string, text: string | undefined): void {
  if (text === undefined || isIP(text) !== 0) return;
  throw new DockpassError('bad_usage', `${option} must be an IP address, not ${JSON.stringify(text)}`);
}
