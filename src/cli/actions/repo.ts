import type { Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { formatReference, wholeDigest, wholeTag } from '../../registry/api-client.ts';
import { isRepositoryName } from '../../scope/parse-scopes.ts';
import type { Repositories } from '../administration/observation.ts';
import type { ConfirmOptions, JsonOption } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { withRepositories } from '../administration/open-administration.ts';
import { print, printJson, say } from '../output.ts';
import { withProgress } from '../progress.ts';

export interface ListOptions extends RegistryOption, JsonOption {}

export interface RegistryOption {
  readonly registry?: string;
}

/** Prints the names of all repositories. */
export async function listRepositories(options: ListOptions, command: Command): Promise<void> {
  const names = await withRepositories(command, options.registry, (repositories) =>
    withProgress('Listing the repositories', () => repositories.list()),
  );
  printNames(names, options, 'the registry has no repositories');
}

/** Prints the tags of a repository. */
export async function listTags(text: string, options: ListOptions, command: Command): Promise<void> {
  const repository = readName(text);
  const names = await withRepositories(command, options.registry, (repositories) =>
    withProgress('Listing the tags', () => repositories.tags(repository)),
  );
  printNames(names, options, `the repository ${repository} has no tags`);
}

/** Deletes a tag, or an image with all its tags. */
export async function deleteImage(
  text: string,
  options: RegistryOption & ConfirmOptions,
  command: Command,
): Promise<void> {
  const { repository, reference } = readImage(text);
  const deleteNamed = wholeDigest.test(reference) ? deleteDigest : deleteTag;
  await withRepositories(command, options.registry, (repositories) =>
    deleteNamed(repositories, repository, reference, options),
  );
}

/** Deletes a tag alone, or if the registry cannot do this, the image with all its tags. */
async function deleteTag(
  repositories: Repositories,
  repository: string,
  tag: string,
  options: ConfirmOptions,
): Promise<void> {
  const { digest, deletesImage, deleted, kept } = await withProgress(
    'Looking for other tags of the image',
    () => repositories.deletionOf(repository, tag),
  );
  const [tagged, image] = [formatReference(repository, tag), formatReference(repository, digest)];
  say(`${tagged} is ${digest}`);
  const others = deleted.filter((other) => other !== tag);
  if (others.length > 0)
    say(`this registry cannot delete a single tag of an image, so this also deletes ${nameTags(others)}`);
  if (kept.length > 0) say(`the image keeps ${nameTags(kept)}`);
  const what = deletesImage ? image : `the tag ${tagged}`;
  await confirm(`Delete ${what} from ${repositories.origin}?`, options, 'require --yes');
  await repositories.deleteTag(repository, tag, others.length > 0);
  say(`${deletesImage ? image : tagged} is deleted`);
  if (deletesImage) sayHowToFreeSpace();
  else if (kept.length === 0)
    say(`The image has no other tag. To delete it too, run: dockpass repo delete ${image}`);
}

async function deleteDigest(
  repositories: Repositories,
  repository: string,
  reference: string,
  options: ConfirmOptions,
): Promise<void> {
  const digest = await repositories.digestOf(repository, reference);
  const image = formatReference(repository, digest);
  const tags = await withProgress('Looking for tags of the image', () =>
    repositories.tagsOf(repository, digest),
  );
  if (tags.length > 0) say(`deleting this image also deletes ${nameTags(tags)}`);
  await confirm(`Delete ${image} from ${repositories.origin}?`, options, 'require --yes');
  await repositories.delete(repository, digest, tags);
  say(`${image} is deleted`);
  sayHowToFreeSpace();
}

function nameTags(tags: readonly string[]): string {
  return `the ${tags.length === 1 ? 'tag' : 'tags'} ${tags.join(', ')}`;
}

function sayHowToFreeSpace(): void {
  say('To free the disk space of the image, run "dockpass gc"');
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
