import type { Command } from 'commander';
import { rotateAuthority } from '../../admin/keys/authority-rollover.ts';
import { withKeyRing, withKeys, type OpenKeys } from '../../admin/keys/key-store.ts';
import { createNewAuthority, rotateKeys } from '../../admin/keys/keys.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import { CliCommand, type ConfirmOptions } from '../cli-command.ts';
import { confirm, endDryRun } from '../confirm.ts';
import { configOf } from '../context.ts';
import { print, printJson, printTable, say } from '../output.ts';
import { noteChangedDatabase } from '../running/changed-database.ts';
import { formatDatabase } from '../running/existing-database.ts';
import { requireInstallation } from '../running/existing-keys.ts';
import { moveCommand, resealCommand } from './keys-move.ts';

export function keysCommand(): Command {
  return new CliCommand('keys')
    .description('Manage the keys that sign tokens')
    .examples('dockpass keys list', 'dockpass keys rotate')
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(createCommand())
    .addCommand(exportCommand())
    .addCommand(moveCommand())
    .addCommand(resealCommand());
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List the CA and the signing keys')
    .examples('dockpass keys list --json')
    .jsonOption()
    .action(async (options: { json?: boolean }, command: Command) => {
      const config = await configOf(command);
      await requireInstallation(config);
      const rows = await withKeyRing(config, systemClock, (ring) => ring.list(), { renew: false });
      if (options.json === true) printJson(rows);
      else printTable(rows.map((row) => ({ ...row })));
    });
}

interface RotateOptions extends ConfirmOptions {
  readonly authority?: boolean;
  readonly trustClock?: boolean;
}

function rotateCommand(): Command {
  return new CliCommand('rotate')
    .description(
      'Create a new signing key. Servers sign with it within two seconds. You need not change the registries',
    )
    .examples('dockpass keys rotate', 'dockpass keys rotate --authority')
    .option('--authority', 'Replace the CA: run this command twice, and restart each registry in between')
    .option(
      '--trust-clock',
      'Create the key although the clock seems to be wrong: use this option if you have checked that the clock is right',
    )
    .confirmOptions()
    .action(async (options: RotateOptions, command: Command) => {
      const config = await configOf(command);
      await requireInstallation(config);
      if (options.authority !== true) {
        endDryRun('Create a new signing key, which signs from then on?', options);
        const trust = options.trustClock === true ? 'clock' : undefined;
        const leaf = await withChangedKeys(config, (keys) => rotateKeys(keys, config, systemClock, trust));
        say(
          `the new signing key ${leaf} signs from now on; tokens that the old key signed stay valid until they expire`,
        );
        return;
      }
      if (options.trustClock === true)
        throw new DockpassError('bad_usage', 'give --authority or --trust-clock, not both');
      await confirm('Replace the certificate authority that the registries trust?', options);
      const result = await withChangedKeys(config, (keys) => rotateAuthority(keys, config, systemClock));
      if (result.step === 'finished') {
        say(`the new CA is in use (signing key ${result.leaf}).`);
        say(
          'The trust bundle still contains the old CA, so that earlier tokens stay valid until they expire.',
        );
        return;
      }
      say(
        `${result.bundleFile} now contains the old and the new CA. The old CA stays in use until you finish the replacement.`,
      );
      for (const registry of result.registries)
        say(`Give the new trust bundle to the registry at ${registry}, and restart the registry.`);
      say('Then run this command again to finish: dockpass keys rotate --authority');
    });
}

/** Opens the keys for a change. The audit log of the database, if there is one, records the change. */
function withChangedKeys<Result>(config: Config, work: (keys: OpenKeys) => Promise<Result>): Promise<Result> {
  return withKeys(config, async (keys) => {
    const result = await work(keys);
    if (keys.store !== undefined) noteChangedDatabase(formatDatabase(config.database));
    return result;
  });
}

function createCommand(): Command {
  return new CliCommand('create')
    .description('Create a new CA after the keys were lost. Every registry then needs the new trust bundle')
    .examples('dockpass keys create --new-authority')
    .requiredOption('--new-authority', 'Confirm that the lost CA cannot be restored from a backup')
    .action(async (_options: unknown, command: Command) => {
      const config = await configOf(command);
      const { fingerprint256 } = await withChangedKeys(config, (keys) =>
        createNewAuthority(keys, config, systemClock),
      );
      say(`the new CA is in use (SHA-256 fingerprint ${fingerprint256}).`);
      say(
        `Give ${rootCertBundleFile(config.keys.directory)} to every registry, and restart the registry. Until then, the registry rejects every token.`,
      );
    });
}

function exportCommand(): Command {
  return new CliCommand('export')
    .description('Print the certificates or public keys that a registry needs to verify tokens')
    .examples('dockpass keys export > rootcertbundle.pem', 'dockpass keys export --jwks')
    .option(
      '--pem',
      'Print the certificates for the registry setting auth.token.rootcertbundle (this is the default)',
    )
    .option(
      '--jwks',
      'Print the public keys for the registry setting auth.token.jwks, which only registry 3.x has',
    )
    .action(async (options: { pem?: boolean; jwks?: boolean }, command: Command) => {
      if (options.pem === true && options.jwks === true)
        throw new DockpassError('bad_usage', 'give --pem or --jwks, not both');
      const config = await configOf(command);
      await requireInstallation(config);
      await withKeyRing(
        config,
        systemClock,
        (ring) => {
          if (options.jwks === true) printJson({ keys: ring.published() });
          else print(ring.rootCertBundle().trimEnd());
        },
        { renew: false },
      );
    });
}
