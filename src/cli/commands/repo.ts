import { Argument, Command } from 'commander';
import { systemClock } from '../../clock.ts';
import { formatListen } from '../../net/listen-address.ts';
import { DockpassError } from '../../errors.ts';
import { withKeyRing } from '../../admin/keys/key-store.ts';
import { named, registryApi, type RegistryApi } from '../../registry/api-client.ts';
import { operatorTokens } from '../../admin/operator-token.ts';
import { maxNameLength, nameGrammarSource } from '../../scope/parse-scopes.ts';
import { configOf } from '../context.ts';
import { confirm } from '../confirm.ts';
import { print, printJson, say } from '../output.ts';

interface RegistryOption {
  readonly registry?: string;
}

interface ListOptions extends RegistryOption {
  readonly json?: boolean;
}

export function repoCommand(): Command {
  return new Command('repo')
    .description('what the registry holds, through its API, with a token signed for the occasion')
    .addCommand(listCommand())
    .addCommand(tagsCommand())
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  return withRegistry(new Command('list').description('all repositories'))
    .option('--json', 'for programs')
    .action(async (options: ListOptions, command: Command) => {
      const { api } = await registryOf(command, options);
      printNames(await api.repositories(), options);
    });
}

function tagsCommand(): Command {
  return withRegistry(new Command('tags').description('the tags of a repository'))
    .addArgument(new Argument('<repo>', 'as "dockpass repo list" shows it'))
    .option('--json', 'for programs')
    .action(async (text: string, options: ListOptions, command: Command) => {
      const repository = readName(text);
      const { api } = await registryOf(command, options);
      printNames(await api.tags(repository), options);
    });
}

function deleteCommand(): Command {
  return withRegistry(new Command('delete').description('delete an image, with all its tags'))
    .addArgument(new Argument('<image>', 'REPO:TAG or REPO@DIGEST'))
    .option('--yes', 'do not ask')
    .action(async (text: string, options: RegistryOption & { yes?: boolean }, command: Command) => {
      const { repository, reference } = readImage(text);
      const { api, origin } = await registryOf(command, options);
      const digest = await api.digestOf(repository, reference);
      const image = named(repository, digest);
      if (digest !== reference) say(`${named(repository, reference)} is ${digest}`);
      const others = (await tagsOf(api, repository, digest)).filter((tag) => tag !== reference);
      if (others.length > 0)
        say(`${others.length === 1 ? 'this tag goes' : 'these tags go'} with it: ${others.join(', ')}`);
      await confirm(`Delete ${image} from ${origin}?`, options, 'require --yes');
      await api.deleteManifest(repository, digest);
      say(`${image} is deleted. The space it took is freed by the registry's garbage collection: with the`);
      say(
        'registry stopped, or read-only (storage.maintenance.readonly.enabled: true), run: registry garbage-collect CONFIG',
      );
    });
}

/** Every tag of the repository that stands for the digest. */
async function tagsOf(api: RegistryApi, repository: string, digest: string): Promise<string[]> {
  const tags = await api.tags(repository);
  const found: string[] = [];
  for (let at = 0; at < tags.length; at += requestsAtOnce) {
    const group = tags.slice(at, at + requestsAtOnce);
    const digests = await Promise.all(group.map((tag) => digestIfThere(api, repository, tag)));
    found.push(...group.filter((_, place) => digests[place] === digest));
  }
  return found;
}

const requestsAtOnce = 16;

/** A tag may go, or be left without its manifest, while we look. */
async function digestIfThere(api: RegistryApi, repository: string, tag: string): Promise<string | undefined> {
  try {
    return await api.digestOf(repository, tag);
  } catch (error) {
    if (error instanceof DockpassError && error.code === 'no_such_image') return undefined;
    throw error;
  }
}

function withRegistry(command: Command): Command {
  return command.option('--registry <url>', 'its address (else up.registryListen, http://127.0.0.1:5000)');
}

async function registryOf(
  command: Command,
  { registry }: RegistryOption,
): Promise<{ api: RegistryApi; origin: string }> {
  const config = await configOf(command);
  const url = readUrl(registry ?? `http://${formatListen(config.up.registryListen)}`);
  const tokens = await withKeyRing(config, systemClock, (keys) => operatorTokens(keys, config, systemClock));
  return { api: registryApi(url, tokens), origin: url.origin };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new DockpassError('bad_usage', `--registry wants a URL such as http://127.0.0.1:5000, not ${text}`);
}

const wholeName = new RegExp(`^${nameGrammarSource}$`);
const wholeTag = /^\w[\w.-]{0,127}$/;
const wholeDigest = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/;

function readName(text: string): string {
  if (wholeName.test(text) && text.length <= maxNameLength) return text;
  throw new DockpassError(
    'bad_name',
    `${JSON.stringify(text.slice(0, 80))} is no repository: "dockpass repo list" shows all`,
  );
}

/** A colon behind the last slash ends the name; one before it is a host's port. */
function readImage(text: string): { repository: string; reference: string } {
  const parts = /^(?<name>[^@]+?)(?:@(?<digest>[^@]+)|:(?<tag>[^/:@]+))$/.exec(text)?.groups;
  const { name, digest, tag } = parts ?? {};
  const reference = digest ?? tag ?? '';
  if (name === undefined || !(digest === undefined ? wholeTag : wholeDigest).test(reference)) {
    throw new DockpassError('bad_usage', 'say what to delete: REPO:TAG or REPO@sha256:…');
  }
  return { repository: readName(name), reference };
}

function printNames(names: readonly string[], { json }: ListOptions): void {
  if (json === true) printJson(names.map((name) => ({ name })));
  else for (const name of names) print(name);
}
