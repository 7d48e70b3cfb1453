import { Argument, type Command } from 'commander';
import {
  addGrant,
  findGrantHolder,
  findReachedUsers,
  listGrants,
  removeGrant,
} from '../../admin/rights/grants.ts';
import { removingGrantNarrows } from '../../admin/rights/narrowing.ts';
import { systemClock } from '../../clock.ts';
import { parseActions, requirePossiblePattern } from '../../admin/rights/right-text.ts';
import type { StoredGrant } from '../../store/store.ts';
import { CliCommand, type YesOption } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { withStore } from '../context.ts';
import { printJson, printTable, say } from '../output.ts';
import { sayHoldings } from '../user-view.ts';

export function grantCommand(): Command {
  return new CliCommand('grant')
    .description(
      'Manage grants. A grant gives a user or group rights on repositories. While a user has grants, directly or through a group, the role of the user gives no rights on repositories',
    )
    .examples('dockpass grant add alice "team/**" pull,push', 'dockpass grant list')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand());
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
      await withStore(command, async (store) => {
        const { holder, switched } = await addGrant(store, systemClock, { subject, pattern, actions });
        say(`${holder.name} now has a grant of ${actions.join(', ')} on ${pattern}`);
        if (switched.length > 0)
          say(
            holder.kind === 'user'
              ? `this is the first grant of ${holder.name}. From now on, ${holder.name} has only the rights of grants, and no longer the rights of the role`
              : `this is the first grant for ${switched.length} ${switched.length === 1 ? 'member' : 'members'} of the group. From now on, their rights come only from grants, and no longer from their roles`,
          );
        await sayHoldings(store, await findReachedUsers(store, holder));
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
      const grants = await withStore(command, (store) => listGrants(store, subject));
      if (options.json === true) printJson(grants.map(publicView));
      else printTable(grants.map((grant) => ({ ...publicView(grant), actions: grant.actions.join(',') })));
    });
}

function removeCommand(): Command {
  return new CliCommand('remove')
    .description('Remove a grant')
    .examples('dockpass grant remove alice "team/**"')
    .addArgument(subjectArgument())
    .addArgument(patternArgument())
    .yesOption()
    .action(async (subject: string, pattern: string, options: YesOption, command: Command) => {
      await withStore(command, async (store) => {
        const { name, kind } = await findGrantHolder(store, subject);
        if (await removingGrantNarrows(store, { name, kind }, pattern))
          await confirm(`Remove the grant on ${pattern} from ${name}?`, options);
        const holder = await removeGrant(store, systemClock, { subject, pattern });
        say(`${holder.name} no longer has the grant on ${pattern}`);
        await sayHoldings(store, await findReachedUsers(store, holder));
      });
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

/** Returns a grant in the form that `--json` prints. `name` is the user or group that holds the grant. */
function publicView({ subject, pattern, actions }: StoredGrant) {
  return { name: subject, pattern, actions };
}
