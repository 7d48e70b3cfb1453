import { Argument, type Command } from 'commander';
import { parseActions, requirePossiblePattern } from '../../admin/rights/right-text.ts';
import { actions, type Action } from '../../policy/rights.ts';
import type { WhoOptions } from '../actions/grant-who.ts';
import { withAdministration } from '../administration/open-administration.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm, endDryRun, isConfirmationNeeded } from '../confirm.ts';
import { printJson, printTable, say } from '../output.ts';
import { sayHoldings } from '../views/user-view.ts';

export function grantCommand(): Command {
  return new CliCommand('grant')
    .description(
      'Manage grants. A grant gives a user or group rights on repositories. While a user has grants, directly or through a group, the role of the user gives no rights on repositories',
    )
    .examples(
      'dockpass grant add alice "team/**" pull,push',
      'dockpass grant list',
      'dockpass grant who team/app push',
    )
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
    .addCommand(whoCommand());
}

function addCommand(): Command {
  return new CliCommand('add')
    .description(
      'Grant a user or group actions on repositories. An earlier grant on the same pattern is replaced',
    )
    .examples('dockpass grant add alice "team/**" pull,push', 'dockpass grant add group:dev "**" pull')
    .addArgument(subjectArgument())
    .addArgument(patternArgument())
    .argument('<actions>', 'The actions, separated by commas: pull, push, delete, or "*" for all')
    .action(async (subject: string, pattern: string, list: string, _options: unknown, command: Command) => {
      // Parse the arguments before the database is opened, so that invalid arguments are reported at once.
      const [actions] = [parseActions(list), requirePossiblePattern(pattern)];
      await withAdministration(command, async ({ grants, users }) => {
        const { holder, switched, reached } = await grants.add({ subject, pattern, actions });
        say(`${holder.name} now has a grant of ${actions.join(', ')} on ${pattern}`);
        if (switched.length > 0)
          say(
            holder.kind === 'user'
              ? `this is the first grant of ${holder.name}. From now on, ${holder.name} has only the rights of grants, and no longer the rights of the role`
              : `this is the first grant for ${switched.length} ${switched.length === 1 ? 'member' : 'members'} of the group. From now on, their rights come only from grants, and no longer from their roles`,
          );
        await sayHoldings(users, reached);
      });
    });
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List all grants, or the grants of one user or group')
    .examples('dockpass grant list', 'dockpass grant list group:dev --json')
    .argument('[subject]', 'The name of a user, or group:NAME for a group')
    .jsonOption()
    .action(async (subject: string | undefined, options: { json?: boolean }, command: Command) => {
      const found = await withAdministration(command, ({ grants }) => grants.list(subject));
      if (options.json === true) printJson(found);
      else
        printTable(
          found.map((grant) => ({ ...grant, actions: grant.actions.join(',') })),
          subject === undefined
            ? 'there are no grants. Users have the rights of their roles'
            : `${subject} has no grants`,
        );
    });
}

function removeCommand(): Command {
  return new CliCommand('remove')
    .description('Remove a grant')
    .examples('dockpass grant remove alice "team/**"')
    .addArgument(subjectArgument())
    .addArgument(patternArgument())
    .confirmOptions()
    .action(async (subject: string, pattern: string, options: ConfirmOptions, command: Command) => {
      await withAdministration(command, async ({ grants, users }) => {
        const found = await grants.findHolder(subject);
        if (options.dryRun === true) await grants.requireGrant(found, pattern);
        if (isConfirmationNeeded(options) && (await grants.removingNarrows(found, pattern)))
          await confirm(`Remove the grant on ${pattern} from ${found.name}?`, options);
        endDryRun(`Remove the grant on ${pattern} from ${found.name}`, options);
        const { holder, reached } = await grants.remove({ subject, pattern });
        say(`${holder.name} no longer has the grant on ${pattern}`);
        await sayHoldings(users, reached);
      });
    });
}

function whoCommand(): Command {
  return new CliCommand('who')
    .description(
      'Show who may do what on a repository, and which role, grant, rule, access token or robot account allows it',
    )
    .examples('dockpass grant who team/app', 'dockpass grant who team/app push --from 10.1.2.3')
    .addArgument(new Argument('<repo>', 'The name of the repository, such as team/app'))
    .addArgument(
      new Argument(
        '[action]',
        'Show only who may do this action: pull, push, delete, or "*" for all',
      ).choices(actions),
    )
    .option(
      '--from <address>',
      'The IP address of the client (default: every network that a policy rule names)',
    )
    .jsonOption()
    .action(async (repository: string, action: Action | undefined, options: WhoOptions, command: Command) => {
      const { showWho } = await import('../actions/grant-who.ts');
      await showWho(repository, action, options, command);
    });
}

function subjectArgument(): Argument {
  return new Argument('<subject>', 'The name of a user, or group:NAME for a group');
}

function patternArgument(): Argument {
  return new Argument(
    '<pattern>',
    'A pattern for repository names: * matches within a path segment, and ** matches across segments',
  );
}
