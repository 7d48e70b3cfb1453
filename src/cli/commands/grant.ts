import { Argument, type Command } from 'commander';
import { addGrant, findGrantHolder, listGrants, removeGrant } from '../../admin/rights/grants.ts';
import { removingGrantNarrows } from '../../admin/rights/narrowing.ts';
import { systemClock } from '../../clock.ts';
import { parseActions, requirePossiblePattern } from '../../admin/rights/right-text.ts';
import type { StoredGrant } from '../../store/store.ts';
import { CliCommand, type YesOption } from '../cli-command.ts';
import { confirm } from '../confirm.ts';
import { withStore } from '../context.ts';
import { printJson, printTable, say } from '../output.ts';

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
      const { holder, isFirst } = await withStore(command, (store) =>
        addGrant(store, systemClock, { subject, pattern, actions }),
      );
      say(`${holder.name} now has a grant of ${actions.join(', ')} on ${pattern}`);
      if (!isFirst) return;
      say(
        holder.kind === 'user'
          ? `this is the first grant of ${holder.name}. From now on, ${holder.name} has only the rights from grants, and the role of ${holder.name} no longer gives rights`
          : 'this is the first grant of the group. From now on, the members of the group have only the rights from grants, and no longer the rights of their roles',
      );
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
      const { holder, wasLast } = await withStore(command, async (store) => {
        const { name, kind } = await findGrantHolder(store, subject);
        if (await removingGrantNarrows(store, { name, kind }, pattern))
          await confirm(`Remove the grant on ${pattern} from ${name}?`, options);
        return removeGrant(store, systemClock, { subject, pattern });
      });
      say(`${holder.name} no longer holds the grant on ${pattern}`);
      // A role gives rights only to users without grants. So after the last grant is removed, the role can give the
      // user more rights than the grant did. Tell the administrator about this.
      if (!wasLast) return;
      say(
        holder.kind === 'user'
          ? `that was the last grant of ${holder.name}. A role gives rights only to a user without grants, so the role of ${holder.name} now applies, unless ${holder.name} is a member of a group with grants`
          : 'that was the last grant of the group. A role gives rights only to a user without grants, so the roles of members without other grants now apply',
      );
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
