import type { Command } from 'commander';
import { systemClock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { deleteManifest, type DeletionParts } from '../../admin/images/delete-image.ts';
import { openImageRegistry } from '../../admin/images/image-registry.ts';
import { tagsOf } from '../../admin/images/manifest-view.ts';
import { keyRingOptions, withKeys } from '../../admin/keys/key-store.ts';
import { operatorTokens } from '../../admin/operator-token.ts';
import { openKeyRing } from '../../keys/open-key-ring.ts';
import { formatReference, wholeDigest, wholeTag } from '../../registry/api-client.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import { isRepositoryName } from '../../scope/parse-scopes.ts';
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
  const { names } = await withRegistry(command, options, ({ registry }) =>
    withProgress('Listing the repositories', () => registry.repositories.list()),
  );
  printNames(names, options, 'the registry has no repositories');
}

/** Prints the tags of a repository. */
export async function listTags(text: string, options: ListOptions, command: Command): Promise<void> {
  const repository = readName(text);
  const names = await withRegistry(command, options, ({ registry }) =>
    withProgress('Listing the tags', () => registry.tagLists.read(repository, 0)),
  );
  printNames(names, options, `the repository ${repository} has no tags`);
}

/** Deletes an image with all its tags. */
export async function deleteImage(
  text: string,
  options: RegistryOption & ConfirmOptions,
  command: Command,
): Promise<void> {
  const { repository, reference } = readImage(text);
  const image = await withRegistry(command, options, async (parts) => {
    const { registry } = parts;
    const digest = await registry.api.digestOf(repository, reference);
    const found = formatReference(repository, digest);
    if (digest !== reference) say(`${formatReference(repository, reference)} is ${digest}`);
    const tags = await withProgress('Looking for other tags of the image', () =>
      tagsOf(registry, repository, digest),
    );
    const others = tags.filter((tag) => tag !== reference);
    if (others.length > 0)
      say(
        `deleting this image also deletes the ${others.length === 1 ? 'tag' : 'tags'} ${others.join(', ')}`,
      );
    await confirm(`Delete ${found} from ${registry.origin}?`, options, 'require --yes');
    await deleteManifest(parts, repository, digest, tags);
    return found;
  });
  say(`${image} is deleted`);
  say('To free the disk space of the image, run the garbage collection of the registry:');
  say('1. Stop the registry, or make it read-only (storage.maintenance.readonly.enabled: true).');
  say('2. Run: registry garbage-collect CONFIG');
}

/** Opens the keys and the registry, and calls `work` with them. The database is open until `work` ends. */
async function withRegistry<Result>(
  command: Command,
  { registry }: RegistryOption,
  work: (parts: DeletionParts) => Promise<Result>,
): Promise<Result> {
  const config = await configOf(command);
  const url = registry === undefined ? configuredRegistries(config)[0] : readUrl(registry);
  return withKeys(config, async (keys) => {
    const options = { ...(await keyRingOptions(keys, systemClock)), beforeNewAuthority };
    const ring = await openKeyRing(config.keys, systemClock, keys.keyStore, options);
    const tokens = operatorTokens(ring, config, systemClock);
    return work({
      registry: openImageRegistry(url, tokens, systemClock),
      store: keys.store,
      clock: systemClock,
    });
  });

  function beforeNewAuthority(): Promise<never> {
    // A new key would be useless, because no registry trusts it.
    throw new DockpassError(
      'key_files',
      `there are no keys in ${config.keys.directory}, so dockpass cannot log in to the registry. Run the command in the folder of your installation, or add --config FILE with its configuration file.`,
    );
  }
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

function readName(text: string): string {
  if (isRepositoryName(text)) return text;
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
  else for (const name of names) print(name);
}
