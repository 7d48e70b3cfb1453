import type { Command } from 'commander';
import { rotateAuthority } from '../../admin/keys/authority-rollover.ts';
import { withKeyRing, withKeys, type OpenKeys } from '../../admin/keys/key-store.ts';
import { createNewAuthority, rotateKeys } from '../../admin/keys/keys.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import type { ConfirmOptions, JsonOption } from '../cli-command.ts';
import { confirm, endDryRun } from '../confirm.ts';
import { configOf } from '../context.ts';
import { print, printJson, printTable, say } from '../output.ts';
import { noteChangedDatabase } from '../running/changed-database.ts';
import { formatDatabase } from '../running/existing-database.ts';
import { requireInstallation } from '../running/existing-keys.ts';

export interface ExportOptions {
  readonly pem?: boolean;
  readonly jwks?: boolean;
}

export interface RotateOptions extends ConfirmOptions {
  readonly authority?: boolean;
  readonly trustClock?: boolean;
}

/** Prints the CA and the signing keys. */
export async function listKeys(options: JsonOption, command: Command): Promise<void> {
  const config = await configOf(command);
  await requireInstallation(config);
  const rows = await withKeyRing(config, systemClock, (ring) => ring.list(), { renew: false });
  if (options.json === true) printJson(rows);
  else printTable(rows.map((row) => ({ ...row })));
}

/** Creates a new signing key, or with `--authority` takes the next step to a new CA. */
export async function rotate(options: RotateOptions, command: Command): Promise<void> {
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
    say('The trust bundle still contains the old CA, so that earlier tokens stay valid until they expire.');
    return;
  }
  say(
    `${result.bundleFile} now contains the old and the new CA. The old CA stays in use until you finish the replacement.`,
  );
  for (const registry of result.registries)
    say(`Give the new trust bundle to the registry at ${registry}, and restart the registry.`);
  say('Then run this command again to finish: dockpass keys rotate --authority');
}

/** Opens the keys for a change. The audit log of the database, if there is one, records the change. */
function withChangedKeys<Result>(config: Config, work: (keys: OpenKeys) => Promise<Result>): Promise<Result> {
  return withKeys(config, async (keys) => {
    const result = await work(keys);
    if (keys.store !== undefined) noteChangedDatabase(formatDatabase(config.database));
    return result;
  });
}

/** Creates a new CA after the keys were lost. */
export async function createAuthority(command: Command): Promise<void> {
  const config = await configOf(command);
  const { fingerprint256 } = await withChangedKeys(config, (keys) =>
    createNewAuthority(keys, config, systemClock),
  );
  say(`the new CA is in use (SHA-256 fingerprint ${fingerprint256}).`);
  say(
    `Give ${rootCertBundleFile(config.keys.directory)} to every registry, and restart the registry. Until then, the registry rejects every token.`,
  );
}

/** Prints the certificates or public keys that a registry needs. */
export async function exportKeys(options: ExportOptions, command: Command): Promise<void> {
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
}
