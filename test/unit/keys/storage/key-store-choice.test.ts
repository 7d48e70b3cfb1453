import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTokenServer } from '../../../../src/app/server.ts';
import { withKeyRing } from '../../../../src/admin/keys/key-store.ts';
import { showConfig } from '../../../../src/config/show.ts';
import { noLog } from '../../../../src/observe/log.ts';
import { fakeClock } from '../../../support/dockpass/issuer.ts';
import { configIn } from '../../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

const secret = 'a secret of more than thirty-two characters';
const anywhere = { listen: '127.0.0.1:0', operations: { listen: '127.0.0.1:0' } };

/**
 * Starts a server and stops it again.
 * @returns the trust bundle that the server published
 */
async function start(directory: string, keys: Readonly<Record<string, unknown>>): Promise<string> {
  const config = await configIn(directory, { ...anywhere, keys });
  const server = await startTokenServer(config, { log: noLog, clock: fakeClock() });
  const bundle = server.keys.rootCertBundle();
  await server.close();
  return bundle;
}

const newDirectory = (): Promise<string> => temporaryDirectory('choice');

describe('the place of the keys', () => {
  test('is the database if a secret is set, whatever folder is configured', async () => {
    const directory = await newDirectory();
    const bundle = await start(directory, { secret });
    await rm(join(directory, 'keys'), { recursive: true });
    expect(await start(directory, { secret })).toBe(bundle);
  });

  test('is never assumed: without the secret or with another one, nothing starts and nothing is created', async () => {
    const directory = await newDirectory();
    const bundle = await start(directory, { secret });
    await rm(join(directory, 'keys'), { recursive: true });
    const refused = [{}, { secret: `${secret}!` }];
    for (const keys of refused) {
      await expect(start(directory, keys)).rejects.toMatchObject({
        code: 'key_secret',
        message: expect.stringMatching(/^[^\n]*keys\.secret[^\n]*DOCKPASS_KEYS_SECRET_FILE[^\n]*$/) as string,
      });
      const config = await configIn(directory, { keys });
      await expect(withKeyRing(config, fakeClock(), () => {})).rejects.toMatchObject({ code: 'key_secret' });
    }
    expect(await start(directory, { secret })).toBe(bundle);
  });

  test('is not the database while the folder has the keys that registries trust', async () => {
    const directory = await newDirectory();
    const bundle = await start(directory, {});
    await expect(start(directory, { secret })).rejects.toThrow(/"dockpass keys move --to database"/);
    expect(await start(directory, {})).toBe(bundle);
  });

  test('must have the same CA as the folder, or nothing starts', async () => {
    const directory = await newDirectory();
    await start(directory, { secret });
    const elsewhere = await newDirectory();
    await start(elsewhere, {});
    await expect(start(directory, { secret, directory: join(elsewhere, 'keys') })).rejects.toThrow(
      /authority\.pem is not the certificate authority in the database/,
    );
  });
});

describe('keys.secret', () => {
  test.each(['', 'short', 'x'.repeat(31)])('rejects %j without showing it', async (wrong) => {
    const refusal = configIn(await newDirectory(), { keys: { secret: wrong } });
    await expect(refusal).rejects.toMatchObject({
      code: 'bad_configuration',
      message: expect.stringMatching(/keys\.secret: must have at least 32 random characters/) as string,
    });
    if (wrong !== '') await expect(refusal).rejects.not.toThrow(wrong);
  });

  test('is masked in the output of the configuration, as is a passphrase', async () => {
    const config = await configIn(await newDirectory(), {
      keys: { secret, authority: { certificate: 'ca.crt', key: 'ca.key', passphrase: 'open sesame' } },
    });
    const shown = showConfig(config);
    expect(shown).toContain('keys.secret = [secret]  (file)');
    for (const hidden of [secret, 'open sesame']) expect(shown).not.toContain(hidden);
  });
});
