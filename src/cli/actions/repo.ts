import type { Command } from 'commander';
import { systemClock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { withKeyRing } from '../../admin/keys/key-store.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import { formatReference, registryApi, type RegistryApi } from '../../registry/api-client.ts';
import { operatorTokens } from '../../admin/operator-token.ts';
import { scratch } from '../../doctor/scratch.ts';
import { maxNameLength, nameGrammarSource } from '../../scope/parse-scopes.ts';
import type { ConfirmOptions, JsonOption } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { configOf } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { withProgress } from '../progress.ts';

export interface ListOptions extends RegistryOption, JsonOption {}

export interface RegistryOption {
  readonly registry?: string;
}

/** Prints the names of all repositories. */
export async function listRepositories(options: ListOptions, command: Command): Promise<void> {
  const { api } = await registryOf(command, options);
  const names = await withProgress('Listing the repositories', () => api.repositories());
  const isEmptyScratch = names.includes(scratch) && !(await hasTags(api, scratch));
  const shown = isEmptyScratch ? names.filter((name) => name !== scratch) : names;
  printNames(shown, options, 'the registry has no repositories');
}

/** A registry lists a repository for ever, even if all its images are deleted, such as that of doctor. */
async function hasTags(api: RegistryApi, repository: string): Promise<boolean> {
  return api.tags(repository).then(
    (tags) => tags.length > 0,
    () => false,
  );
}

/** Prints the tags of a repository. */
export async function listTags(text: string, options: ListOptions, command: Command): Promise<void> {
  const repository = readName(text);
  const { api } = await registryOf(command, options);
  const names = await withProgress('Listing the tags', () => api.tags(repository));
  printNames(names, options, `the repository ${repository} has no tags`);
}

/** Deletes an image with all its tags. */
export async function deleteImage(
  text: string,
  options: RegistryOption & ConfirmOptions,
  command: Command,
): Promise<void> {
  const { repository, reference } = readImage(text);
  const { api, origin } = await registryOf(command, options);
  const digest = await api.digestOf(repository, reference);
  const image = formatReference(repository, digest);
  if (digest !== reference) say(`${formatReference(repository, reference)} is ${digest}`);
  const tags = await withProgress('Looking for other tags of the image', () =>
    tagsOf(api, repository, digest),
  );
  const others = tags.filter((tag) => tag !== reference);
  if (others.length > 0)
    say(
      `deleting this image also deletes the ${others.length === 1 ? 'tag' : 'tags'} ${others.map((tag) => tag.replaceAll('\n', '\\n')).join(', ')}`,
    );
  await confirm(`Delete ${image} from ${origin}?`, options, 'require --yes');
  await api.deleteManifest(repository, digest);
  say(`${image} is deleted`);
  say('To free the disk space of the image, run the garbage collection of the registry:');
  say('1. Stop the registry, or make it read-only (storage.maintenance.readonly.enabled: true).');
  say('2. Run: registry garbage-collect CONFIG');
}

/** Returns the tags in the repository that refer to the image with this digest. */
async function tagsOf(api: RegistryApi, repository: string, digest: string): Promise<string[]> {
  const tags = await api.tags(repository);
  const found: string[] = [];
  for (let start = 0; start < tags.length; start += parallelRequests) {
    const group = tags.slice(start, start + parallelRequests);
    const digests = await Promise.all(group.map((tag) => digestIfThere(api, repository, tag)));
    found.push(...group.filter((_, index) => digests[index] === digest));
  }
  return found;
}

const parallelRequests = 16;

/** Returns the digest of a tag, or undefined if the tag or its manifest was deleted after the list of tags was read. */
async function digestIfThere(api: RegistryApi, repository: string, tag: string): Promise<string | undefined> {
  try {
    return await api.digestOf(repository, tag);
  } catch (error) {
    if (error instanceof DockpassError && error.code === 'no_such_image') return undefined;
    throw error;
  }
}

async function registryOf(
  command: Command,
  { registry }: RegistryOption,
): Promise<{ api: RegistryApi; origin: string }> {
  const config = await configOf(command);
  const url = registry === undefined ? configuredRegistries(config)[0] : readUrl(registry);
  const tokens = await withKeyRing(config, systemClock, (keys) => operatorTokens(keys, config, systemClock), {
    beforeNewAuthority: async () => {
      // A new key would be useless, because no registry trusts it.
      throw new DockpassError(
        'key_files',
        `there are no keys in ${config.keys.directory}, so dockpass cannot log in to the registry. Run the command in the folder of your installation, or add --config FILE with its configuration file.`,
      );
    },
  });
  return { api: registryApi(url, tokens), origin: url.origin };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) {
    if (url.username === '' && url.password === '') return url;
    throw new DockpassError(
      'bad_usage',
      '--registry must not contain a user name or a password: dockpass uses a token of its own',
    );
  }
  throw new DockpassError('bad_usage', `--registry must be a URL such as http://127.0.0.1:5000, not ${text}`);
}

const wholeName = new RegExp(`^${nameGrammarSource}$`);
const wholeTag = /^\w[\w.-]{0,127}$/;
const wholeDigest = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/;

function readName(text: string): string {
  if (wholeName.test(text) && text.length <= maxNameLength) return text;
  throw new DockpassError(
    'bad_name',
    `${JSON.stringify(text.slice(0, 80))} is not the name of a repository. Run "dockpass repo list" to see all repositories.`,
  );
}

/**
 * Parses REPO:TAG or REPO@DIGEST. The tag starts at the colon after the last slash. A colon before the last slash, as
 * in `localhost:5000/app:1.0`, is an error, because the name of a repository contains no host.
 */
function readImage(text: string): { repository: string; reference: string } {
  const parts = /^(?<name>[^@]+?)(?:@(?<digest>[^@]+)|:(?<tag>[^/:@]+))$/.exec(text)?.groups;
  const { name, digest, tag } = parts ?? {};
  const reference = digest ?? tag ?? '';
  if (name === undefined || !(digest === undefined ? wholeTag : wholeDigest).test(reference)) {
    throw new DockpassError('bad_usage', 'name the image to delete as REPO:TAG or REPO@sha256:…');
  }
  return { repository: readName(name), reference };
}

function printNames(names: readonly string[], { json }: ListOptions, empty: string): void {
  if (json === true) printJson(names.map((name) => ({ name })));
  else if (names.length === 0) say(empty);
  // A name that a registry sends can contain a line feed, and would then look like two names.
  else for (const name of names) print(name.replaceAll('\n', '\\n'));
}
