import { join } from 'node:path';
import request from 'supertest';
import { expect, test } from 'vitest';
import { fileKeyStore } from '../../src/keys/storage/file-key-store.ts';
import { moveKeys } from '../../src/keys/storage/move-keys.ts';
import { openKeyRing } from '../../src/keys/open-key-ring.ts';
import { openEncryptedKeyStore } from '../../src/keys/storage/encrypted-key-store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { afterwards } from '../support/run/afterwards.ts';
import { fakeClock, startIssuer } from '../support/dockpass/issuer.ts';
import { configIn } from '../support/dockpass/settings.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

const secret = 'a secret of more than thirty-two characters';
const day = 24 * 60 * 60;

test('a server without the CA key warns in log, /readyz and metrics until another machine issues a leaf certificate', async () => {
  const elsewhere = await temporaryDirectory('elsewhere');
  const { keys, database } = await configIn(elsewhere);
  const clock = fakeClock();
  await openKeyRing(keys, clock);
  const store = await openStore(database);
  afterwards(() => store.close());
  const keyStore = await openEncryptedKeyStore(store.encryptedKeys, secret);
  await moveKeys(fileKeyStore(keys.directory), keyStore, 'stays');

  const issuer = await startIssuer({ database: join(elsewhere, 'data', 'dockpass.db'), keys: { secret } });
  const readWarnings = async (): Promise<{ ready: string; metrics: string }> => {
    await issuer.server.keys.refresh();
    // A reload runs the health checks at once. Otherwise they run every 15 seconds.
    await issuer.server.reload(async () => issuer.config);
    const [ready, metrics] = [
      await request(issuer.operationsUrl).get('/readyz'),
      await request(issuer.operationsUrl).get('/metrics'),
    ];
    return { ready: JSON.stringify(ready.body), metrics: metrics.text };
  };
  issuer.clock.advance(74 * day);
  expect((await readWarnings()).ready).not.toContain('leaf_near_end');
  issuer.clock.advance(2 * day);
  const warned = await readWarnings();
  expect(warned.ready).toContain('leaf_near_end');
  expect(warned.ready).toContain('on the machine that has the key of the certificate authority');
  expect(warned.metrics).toMatch(/code="leaf_near_end"\} 1/);
  expect(issuer.logged.join()).toContain('on the machine that has the key of the certificate authority');

  clock.advance(76 * day);
  await openKeyRing(keys, clock, keyStore);
  expect((await readWarnings()).ready).not.toContain('leaf_near_end');
  expect(issuer.logged.join()).toContain('leaf_near_end is over');
});
