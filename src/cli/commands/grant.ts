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
    .description('Manage grants: who may do what on which repositories, in place of the rights of the role')
    .examples('dockpass grant add alice "team/**" pull,push', 'dockpass grant list')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand());
}

function addCommand(): Command {
  return new CliCommand('add')
    .description('Grant actions on repositories to a user or group; replaces its grant on the same pattern')
    .examples('dockpass grant add alice "team/**" pull,push', 'dockpass grant add group:dev "**" pull')
    .addArgument(subjectArgument())
    .addArgument(patternArgument())
    .argument('<actions>', 'The actions, separated by commas: pull, push, delete, or "*" for all')
    .action(async (subject: string, pattern: string, list: string, _options: unknown, command: Command) => {
      // Wrong arguments are reported before a database is opened.
      const [actions] = [parseActions(list), requirePossiblePattern(pattern)];
      const { holder, isFirst } = await withStore(command, (store) =>
        addGrant(store, systemClock, { subject, pattern, actions }),
      );
      say(`${holder.name} holds ${actions.join(', ')} on ${pattern}`);
      if (!isFirst) return;
      say(
        holder.kind === 'user'
          ? `from now on, ${holder.name} holds only grants, no longer what the role gives`
          : 'from now on, its members hold only grants, no longer what their roles give',
      );
    });
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List all grants, or those of one user or group')
    .examples('dockpass grant list', 'dockpass grant list group:dev --json')
    .argument('[subject]', 'A user, or group:NAME')
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
      // Without its last grant, a user may hold more than before.
      if (!wasLast) return;
      say(
        holder.kind === 'user'
          ? `that was the last one: unless a group of ${holder.name} has grants, ${holder.name} holds what the role gives again`
          : 'that was the last one: members without any other grant hold what their roles give again',
      );
    });
}

function subjectArgument(): Argument {
  return new Argument('<subject>', 'A user, or group:NAME');
}

function patternArgument(): Argument {
  return new Argument('<pattern>', 'The repositories: * matches within a path segment, ** across segments');
}

/** A grant as `--json` shows it; `name` is the subject's. */
function publicView({ subject, pattern, actions }: StoredGrant) {
  return { name: subject, pattern, actions };
}
