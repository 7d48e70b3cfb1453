import { Command } from 'commander';
import { policySettings } from '../../config/policy-settings.ts';
import type { Config } from '../../config/load.ts';
import { explain, type ExplainedSubject, type Explanation } from '../../explain/explain.ts';
import { explainEvents } from '../../explain/explain-events.ts';
import { findSubject } from '../../explain/find-subject.ts';
import { DockpassError } from '../../errors.ts';
import { parseHost } from '../../net/host.ts';
import { parseTrustedProxies } from '../../net/trusted-proxies.ts';
import type { Store } from '../../store/store.ts';
import { withStore } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { printable } from '../../audit/format-event.ts';

interface ExplainOptions {
  readonly host?: string;
  readonly user?: string;
  readonly token?: string;
  readonly from?: string;
  readonly json?: boolean;
}

const auditId = /^[0-9a-z]{12}$/;

export function explainCommand(): Command {
  return new Command('explain')
    .description('why this answer: what a request would get and what decides that, or why one was refused')
    .argument('<scope...>', 'repository:NAME:ACTIONS or registry:catalog:*; or the id that a refusal showed')
    .option('--host <host>', 'the name under which the client reaches the registry')
    .option('--user <name>', 'a user or robot, as if just logged in; nobody logged in without it')
    .option('--token <name>', "with one of the user's access tokens")
    .option('--from <address>', "the client's address, for rules that name networks", '127.0.0.1')
    .option('--json', 'for programs')
    .action(async (words: string[], options: ExplainOptions, command: Command) => {
      await withStore(command, async (store, config) => {
        const [first = ''] = words;
        if (words.length === 1 && auditId.test(first)) return explainId(store, first, options.json === true);
        const explanation = await explainRequest(store, config, words, options);
        if (options.json === true) printJson(explanation);
        else for (const line of linesOf(explanation)) print(printable(line));
      });
    });
}

async function explainRequest(
  store: Store,
  config: Config,
  scopes: readonly string[],
  { host, user, token, from = '127.0.0.1' }: ExplainOptions,
): Promise<Explanation> {
  if (host === undefined) {
    throw new DockpassError(
      'bad_usage',
      'say under which name the registry is reached: --host registry.example.com',
    );
  }
  if (from.includes('/') || typeof parseTrustedProxies([from]) === 'string') {
    throw new DockpassError('bad_usage', `--from wants an address, not ${JSON.stringify(from)}`);
  }
  const who: ExplainedSubject =
    user === undefined ? { kind: 'nobody' } : await findSubject(user, token, store, config, Date.now());
  const { issuer, service, tokens } = config;
  return explain(
    { host: parseHost(host), address: from, scopes, who },
    { ...policySettings(config), tokens: { issuer, service, ...tokens } },
  );
}

const realmReasons: Readonly<Record<Explanation['realm']['because'], string>> = {
  'public domain': 'it is in publicDomains',
  'not a public domain': 'it is not in publicDomains',
  'external url': 'externalUrl makes it the only door',
};

function linesOf({ realm, who, scopes, token, refusal }: Explanation): string[] {
  const name = who.kind === 'anonymous' ? 'nobody' : `${who.kind} ${who.name}`;
  const lines = [
    `realm   ${realm.kind}: ${realm.host}, because ${realmReasons[realm.because]}`,
    `who     ${name}, by ${who.through}`,
  ];
  for (const { scope, actions, reason, by } of scopes) {
    lines.push(
      `scope   ${scope}: ${actions.length === 0 ? 'nothing' : actions.join(', ')}, because: ${reason}`,
    );
    for (const decider of by) lines.push(`          ${decider}`);
  }
  if (refusal !== undefined) lines.push(`refused ${refusal.code}: ${refusal.message}`);
  if (token !== undefined) {
    const access = token.access.map((entry) => `${entry.type}:${entry.name}:${entry.actions.join(',')}`);
    lines.push(
      `token   ${access.length === 0 ? 'holds nothing' : access.join(' ')}, for ${token.expiresIn} seconds`,
    );
  }
  return lines;
}

async function explainId(store: Store, id: string, json: boolean): Promise<void> {
  const explained = await explainEvents(id, store);
  if (explained.length === 0) {
    throw new DockpassError(
      'no_such_event',
      `the audit log has nothing under ${id}: it may be older than audit.keep, of another server, or less than a second old`,
    );
  }
  if (json) {
    printJson(explained);
    return;
  }
  for (const { line, meaning } of explained) {
    print(line);
    for (const sentence of meaning) print(`  ${printable(sentence)}`);
  }
  if (explained.length > 1) say('refusals of the same kind, from the same client, share an id for a minute');
}
