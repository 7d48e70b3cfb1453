import type { Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { describePins } from '../../admin/trust/shown-claims.ts';
import type { TrustRuleView } from '../../admin/views/trust-view.ts';
import { withAdministration } from '../administration/open-administration.ts';
import type { ConfirmOptions, DryRunOption, JsonOption } from '../cli-command.ts';
import { confirm, endDryRun } from '../confirm.ts';
import { printJson, printTable, say } from '../output.ts';
import { readJwt } from '../trust/jwt-file.ts';
import { readNewRule, type NewRuleOptions } from '../trust/new-rule.ts';
import { formatClaims, printTest, ruleRow, sayWaiting } from '../views/trust-view.ts';

export async function listRules({ json }: JsonOption, command: Command): Promise<void> {
  const rules = await withAdministration(command, ({ trust }) => trust.list());
  if (json === true) printJson(rules);
  else
    printTable(
      rules.map(ruleRow),
      'there are no trust rules. To add one, run "dockpass trust add github OWNER/REPO --only PATTERN:ACTIONS"',
    );
  for (const rule of rules) {
    sayWaiting(rule);
    sayWarnings(rule);
  }
}

export interface TestTrustOptions extends JsonOption {
  readonly host?: string;
}

/** Tests a JWT. The exit status is 1 if no rule accepts it. */
export async function testRules(
  file: string,
  { host, json }: TestTrustOptions,
  command: Command,
): Promise<void> {
  const jwt = await readJwt(file);
  const result = await withAdministration(command, ({ trust }) => trust.test(jwt, host));
  if (json === true) printJson(result);
  else printTest(result);
  if (result.verdict !== 'accepted') process.exitCode = 1;
}

export interface AddTrustOptions extends NewRuleOptions, JsonOption {}

export async function addRule(
  name: string,
  project: string | undefined,
  { json, ...options }: AddTrustOptions,
  command: Command,
): Promise<void> {
  const newRule = readNewRule(name, project, options);
  const rule = await withAdministration(command, ({ trust }) => trust.add(newRule));
  if (json === true) printJson(rule);
  say(
    rule.isPending
      ? `${rule.name} is added and waits. Run the job once: its login fails, and the ids of its JWT (${rule.pin.join(', ')}) are recorded. Compare them with "dockpass trust list", and then run "dockpass trust confirm ${rule.name}"`
      : `${rule.name} is added. Jobs whose JWT it matches log in from now on as ci:${rule.name}`,
  );
  sayWarnings(rule);
}

export async function confirmRule(
  text: string,
  { json, ...options }: DryRunOption & JsonOption,
  command: Command,
): Promise<void> {
  const rule = await withAdministration(command, async ({ trust }) => {
    const waiting = await trust.find(text);
    sayWarnings(waiting);
    if (waiting.isPending && waiting.candidate !== null)
      endDryRun(
        `Confirm these ids for ${waiting.name}: ${describePins(waiting.pin, waiting.candidate.claims)}`,
        options,
      );
    // A JWT can come at any time, so a dry run must never call the operation.
    if (options.dryRun === true)
      throw new DockpassError(
        'nothing_to_confirm',
        `the trust rule ${waiting.name} has nothing to confirm now. Run "dockpass trust list" to see its state.`,
      );
    return trust.confirm(text);
  });
  if (json === true) printJson(rule);
  say(
    `${rule.name} is confirmed and grants access from the next request on. It now requires: ${formatClaims(rule.when)}`,
  );
}

export async function removeRule(text: string, options: ConfirmOptions, command: Command): Promise<void> {
  const name = await withAdministration(command, async ({ trust }) => {
    const rule = await trust.find(text);
    if (rule.origin === 'database') await confirm(`Remove the trust rule ${rule.name}?`, options);
    return trust.remove(text);
  });
  say(`${name} is removed. Its jobs can no longer log in, and their sessions have ended`);
}

function sayWarnings({ name, warnings }: TrustRuleView): void {
  for (const warning of warnings) say(`warning: ${name}: ${warning}`);
}
