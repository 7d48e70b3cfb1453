import { Argument, Option, type Command } from 'commander';
import type { AddTrustOptions, TestTrustOptions } from '../actions/trust.ts';
import { CliCommand, type ConfirmOptions, type DryRunOption, type JsonOption } from '../cli-command.ts';
import { collectOption } from '../options/collect-option.ts';

export function trustCommand(): Command {
  return new CliCommand('trust')
    .description(
      'Manage trust rules. By a trust rule, a CI job or a pod logs in with the JWT of its platform, without a stored secret',
    )
    .examples(
      'dockpass trust add github acme/app --branch main --only "acme/app/**:pull,push"',
      'dockpass trust list',
    )
    .addCommand(listCommand())
    .addCommand(testCommand())
    .addCommand(addCommand())
    .addCommand(confirmCommand())
    .addCommand(removeCommand());
}

function listCommand(): Command {
  return new CliCommand('list')
    .description(
      'List the trust rules in the order in which they are tried, and the JWTs that wait for a confirmation',
    )
    .examples('dockpass trust list', 'dockpass trust list --json')
    .jsonOption()
    .action(async (options: JsonOption, command: Command) => {
      const { listRules } = await import('../actions/trust.ts');
      await listRules(options, command);
    });
}

function testCommand(): Command {
  return new CliCommand('test')
    .description('Say which trust rule a JWT matches, or for each rule which claim does not match')
    .addArgument(new Argument('<file>', 'A file that contains the JWT, or - for standard input'))
    .option(
      '--host <host>',
      'The host at which the job would log in. It decides only whether the domain is public (default: each domain in up.privateDomains)',
    )
    .jsonOption()
    .examples('dockpass trust test job.jwt', 'dockpass trust test - --host registry.example.com < job.jwt')
    .action(async (file: string, options: TestTrustOptions, command: Command) => {
      const { testRules } = await import('../actions/trust.ts');
      await testRules(file, options, command);
    });
}

function addCommand(): Command {
  return new CliCommand('add')
    .description(
      'Add a trust rule to the database. A rule for a project on a CI platform waits until you confirm the ids of its first JWT',
    )
    .addArgument(
      new Argument(
        '<name>',
        'The platform of a project (github, gitlab, buildkite or circleci), or with --issuer, the name of the rule',
      ),
    )
    .addArgument(
      new Argument(
        '[project]',
        'The project: OWNER/REPO at github, GROUP/PROJECT at gitlab, ORG/PIPELINE at buildkite, ORG-ID/PROJECT-ID at circleci',
      ),
    )
    .addOption(
      new Option(
        '--only <pattern:actions>',
        'Allow these actions on repositories that match the pattern, such as "team/**:pull,push". ${claim} stands for the value of a claim; can be repeated',
      )
        .argParser(collectOption)
        .makeOptionMandatory(),
    )
    .addOption(
      repeated('--branch <name>', 'Only jobs of this branch, such as main or "release/*"; can be repeated'),
    )
    .addOption(repeated('--tag <name>', 'Only jobs of this Git tag, such as "v*"; can be repeated'))
    .addOption(
      repeated(
        '--environment <name>',
        'Only jobs of this deployment environment (github, gitlab); can be repeated',
      ),
    )
    .option(
      '--name <name>',
      'The name of the rule, for a project (default: made from the name of the project)',
    )
    .option(
      '--issuer <url>',
      'The claim iss of the JWTs: an https URL. With a project: the GitLab or GitHub server that you run yourself',
    )
    .option('--jwks <url>', 'The https URL of the key set, if the issuer has no discovery document')
    .addOption(
      repeated(
        '--when <claim=value>',
        'The JWT must have this claim with this value. Repeat it for more claims, or for more values of one claim',
      ),
    )
    .option(
      '--session <duration>',
      'How long a job can push after its login, at most 6h; 0s for no session',
      '1h',
    )
    .addOption(
      repeated(
        '--audience <audience>',
        'The claim aud of the JWTs; can be repeated (default: each domain in up.privateDomains)',
      ),
    )
    .jsonOption('Print the rule as JSON')
    .examples(
      'dockpass trust add github acme/app --branch main --only "acme/app/**:pull,push"',
      'dockpass trust add gitlab acme/app --environment production --only "acme/app/**:pull,push" --session 30m',
      'dockpass trust add jenkins --issuer https://jenkins.example.com/oidc --when sub=https://jenkins.example.com/job/app/ --only "app/**:pull,push"',
    )
    .action(async (name: string, project: string | undefined, options: AddTrustOptions, command: Command) => {
      const { addRule } = await import('../actions/trust.ts');
      await addRule(name, project, options, command);
    });
}

function confirmCommand(): Command {
  return new CliCommand('confirm')
    .description(
      'Confirm the ids of the first JWT that matched a waiting rule, so that the rule grants access',
    )
    .examples('dockpass trust confirm acme-app', 'dockpass trust confirm acme-app --dry-run')
    .addArgument(nameArgument())
    .option('--dry-run', 'Say which ids would be confirmed, and change nothing')
    .jsonOption('Print the rule as JSON')
    .action(async (name: string, options: DryRunOption & JsonOption, command: Command) => {
      const { confirmRule } = await import('../actions/trust.ts');
      await confirmRule(name, options, command);
    });
}

function removeCommand(): Command {
  return new CliCommand('remove')
    .description('Remove a trust rule from the database. The sessions of its jobs end at once')
    .examples('dockpass trust remove acme-app')
    .addArgument(nameArgument())
    .confirmOptions()
    .action(async (name: string, options: ConfirmOptions, command: Command) => {
      const { removeRule } = await import('../actions/trust.ts');
      await removeRule(name, options, command);
    });
}

function nameArgument(): Argument {
  return new Argument('<name>', 'The name of the trust rule');
}

function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collectOption);
}
