import type { Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { wholeDigest, wholeTag } from '../../registry/api-client.ts';
import { isRepositoryName } from '../../scope/parse-scopes.ts';
import type { UsageEventView } from '../../usage/read-events.ts';
import type { UsageView } from '../../usage/read-usage.ts';
import type { UsageQuery } from '../administration/observation.ts';
import { withAdministration } from '../administration/open-administration.ts';
import { readTime } from '../options/time-option.ts';
import { printJson, printTable } from '../output.ts';

export interface UsageOptions {
  readonly by?: string;
  readonly since?: string;
  readonly events?: boolean;
  readonly limit?: number | undefined;
  readonly json?: boolean | undefined;
}

/** Shows which images were pulled and pushed, when and by whom. */
export async function showUsage(
  image: string | undefined,
  { by, since, events, limit, json }: UsageOptions,
  command: Command,
): Promise<void> {
  const query: UsageQuery = {
    ...(image !== undefined && readImage(image)),
    by,
    since: since === undefined ? undefined : readTime('--since', since, 'start', Date.now()),
  };
  if (events === true) return showEvents(query, { limit, json }, command);
  if (limit !== undefined) throw new DockpassError('bad_usage', '--limit needs --events');
  const views = await withAdministration(command, ({ usage }) => usage.read(query));
  if (json === true) printJson(views);
  else
    printTable(
      views.map((view) => rowOf(view)),
      'no usage is known. See docs/usage.md if images were pulled or pushed in the meantime.',
    );
}

async function showEvents(
  { repository, ...query }: UsageQuery,
  { limit = 100, json }: UsageOptions,
  command: Command,
): Promise<void> {
  if (repository === undefined)
    throw new DockpassError(
      'bad_usage',
      'name the images whose events you want to see, as in: dockpass usage team/app:1.0 --events. To see what a user did, run: dockpass audit --user NAME',
    );
  const views = await withAdministration(command, ({ usage }) =>
    usage.events({ ...query, repository }, limit),
  );
  if (json === true) printJson(views);
  else printTable(views.map(eventRow), 'no event is stored. See docs/usage.md.');
}

function eventRow({ time, action, name, digest, user, domain, address, token }: UsageEventView) {
  return {
    time,
    action,
    image: digest === null || !name.endsWith(digest) ? name : name.slice(0, digestLength - digest.length),
    user: user ?? '(anonymous)',
    'access token': token?.accessToken ?? '-',
    domain,
    address,
    'audit id': token?.auditId ?? '-',
  };
}

/** The first 12 hexadecimal digits of a digest are enough to tell the images of a table apart. */
const digestLength = 'sha256:'.length + 12;

function rowOf(view: UsageView): Record<string, string> {
  const { repository, tag, digest, pulls, pushes, domain } = view;
  return {
    image: tag === null ? `${repository}@${digest?.slice(0, digestLength) ?? ''}` : view.name,
    domain,
    pulls: String(pulls),
    'last pull': view.lastPulledAt ?? '-',
    by: byOf(view.lastPulledAt, view.lastPulledBy),
    pushes: String(pushes),
    'last push': view.lastPushedAt ?? '-',
    'pushed by': byOf(view.lastPushedAt, view.lastPushedBy),
  };
}

function byOf(at: string | null, name: string | null): string {
  return at === null ? '-' : (name ?? '(anonymous)');
}

/** Parses REPO, REPO:TAG or REPO@DIGEST. @throws DockpassError `bad_usage` */
function readImage(text: string): Pick<UsageQuery, 'repository' | 'tag' | 'digest'> {
  const parts = /^(?<repository>[^@:]+)(?:@(?<digest>.+)|:(?<tag>.+))?$/.exec(text)?.groups;
  const { repository = '', digest, tag } = parts ?? {};
  const isValid =
    isRepositoryName(repository) &&
    (digest === undefined || wholeDigest.test(digest)) &&
    (tag === undefined || wholeTag.test(tag));
  if (isValid) return { repository, tag, digest };
  throw new DockpassError(
    'bad_usage',
    `name the images as REPO, REPO:TAG or REPO@sha256:…, without a host, not ${JSON.stringify(text.slice(0, 80))}`,
  );
}
