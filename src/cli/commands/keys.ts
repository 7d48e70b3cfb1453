import { Command } from 'commander';
import { systemClock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { withKeyRing } from '../../admin/key-store.ts';
import { configOf } from '../context.ts';
import { moveCommand, resealCommand } from './keys-move.ts';
import { rotateAuthority } from './keys-rollover.ts';
import { print, printJson, printTable, say } from '../output.ts';
import { recordKeyChangeOf } from '../record-key-change.ts';

export function keysCommand(): Command {
  return new Command('keys')
    .description('the keys that sign tokens')
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(exportCommand())
    .addCommand(moveCommand())
    .addCommand(resealCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('the authority and its leaves')
    .option('--json', 'for programs')
    .action(async (options: { json?: boolean }, command: Command) => {
      const rows = await withKeyRing(await configOf(command), systemClock, (ring) => ring.list());
      if (options.json === true) printJson(rows);
      else printTable(rows.map((row) => ({ ...row })));
    });
}

function rotateCommand(): Command {
  return new Command('rotate')
    .description('make a new leaf; it signs within two seconds, and no registry notices')
    .option('--authority', 'exchange the authority itself, in two steps with a registry restart between them')
    .action(async (options: { authority?: boolean }, command: Command) => {
      const config = await configOf(command);
      if (options.authority === true) {
        await rotateAuthority(config);
        return;
      }
      const leaf = await withKeyRing(config, systemClock, async (ring) => {
        await ring.rotate();
        return ring.list().at(-1);
      });
      await recordKeyChangeOf(config, `keys rotated: leaf ${leaf?.name}`);
      say(`leaf ${leaf?.name} signs from now on; tokens of the one before stay valid to their end`);
    });
}

function exportCommand(): Command {
  return new Command('export')
    .description('what registries need to trust our tokens')
    .option('--pem', 'the certificates for auth.token.rootcertbundle (the default)')
    .option('--jwks', 'the public keys for auth.token.jwks of a registry 3.x')
    .action(async (options: { pem?: boolean; jwks?: boolean }, command: Command) => {
      if (options.pem === true && options.jwks === true)
        throw new DockpassError('bad_usage', 'give either --pem or --jwks');
      await withKeyRing(await configOf(command), systemClock, (ring) => {
        if (options.jwks === true) printJson({ keys: ring.published() });
        else print(ring.rootCertBundle().trimEnd());
      });
    });
}
