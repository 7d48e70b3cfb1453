import { Argument, type Command } from 'commander';
import type { ListOptions, RegistryOption } from '../actions/repo.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';

export function repoCommand(): Command {
  return new CliCommand('repo')
    .description('List and delete the images of the registry')
    .examples('dockpass repo list', 'dockpass repo delete team/app:1.0')
    .addCommand(listCommand())
    .addCommand(tagsCommand())
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  return withRegistryOption(new CliCommand('list'))
    .description('List all repositories')
    .jsonOption()
    .examples('dockpass repo list', 'dockpass repo list --registry http://127.0.0.1:5000 --json')
    .action(async (options: ListOptions, command: Command) => {
      const { listRepositories } = await import('../actions/repo.ts');
      await listRepositories(options, command);
    });
}

function tagsCommand(): Command {
  return withRegistryOption(new CliCommand('tags'))
    .description('List the tags of a repository')
    .addArgument(new Argument('<repo>', 'The repository, as "dockpass repo list" shows it'))
    .jsonOption()
    .examples('dockpass repo tags team/app')
    .action(async (text: string, options: ListOptions, command: Command) => {
      const { listTags } = await import('../actions/repo.ts');
      await listTags(text, options, command);
    });
}

function deleteCommand(): Command {
  return withRegistryOption(new CliCommand('delete'))
    .description(
      'Delete a tag, or an image with all its tags. A registry of version 2.8 can delete only the image, so there the other tags of the image are named and deleted too',
    )
    .addArgument(new Argument('<image>', 'The image, as REPO:TAG or REPO@DIGEST'))
    .confirmOptions()
    .examples(
      'dockpass repo delete team/app:1.0',
      'dockpass repo delete team/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --yes',
    )
    .action(async (text: string, options: RegistryOption & ConfirmOptions, command: Command) => {
      const { deleteImage } = await import('../actions/repo.ts');
      await deleteImage(text, options, command);
    });
}

function withRegistryOption(command: CliCommand): CliCommand {
  return command.option(
    '--registry <url>',
    'The URL of the registry (default: the first URL in the setting "registries"; if this setting is empty, the address in the setting "up.registryListen")',
  );
}
