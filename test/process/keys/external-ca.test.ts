import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { dockpassHome } from '../../support/dockpass/dockpass.ts';
import { needs } from '../../support/run/parts.ts';
import { ec, ownPki, rsa, type OwnPki } from '../../support/tls/pki.ts';

// A weak key or a key of another CA is rejected before it signs anything, and the message names the fix.

interface Given {
  readonly certificate: string;
  readonly key: string;
  readonly passphrase?: string;
  /** The content of leaves-1.pem. */
  readonly leaves?: string;
}

needs('openssl')('a CA of your own PKI', () => {
  let pki: OwnPki;
  beforeAll(async () => {
    pki = await ownPki();
  });

  test.each<[what: string, why: RegExp, given: () => Promise<Given>]>([
    [
      'RSA of 1024 bits',
      /too weak.* RSA with at least 2048 bits/,
      () => pki.root({ kind: ['RSA', 'rsa_keygen_bits:1024'] }),
    ],
    [
      'a curve that registries do not know',
      /too weak, or of a type/,
      () => pki.root({ kind: ['EC', 'ec_paramgen_curve:secp256k1'] }),
    ],
    [
      'Ed25519, by which no registry verifies certificates',
      /too weak, or of a type/,
      () => pki.root({ kind: ['ED25519'] }),
    ],
    [
      'the key of another certificate',
      /is not the key of the first certificate/,
      async () => ({
        certificate: (await pki.root({ kind: ec })).certificate,
        key: (await pki.root({ kind: ec })).key,
      }),
    ],
    [
      'a certificate that may not issue others',
      /basicConstraints CA:TRUE/,
      () => pki.root({ kind: rsa, ca: false }),
    ],
    [
      'an encrypted key without its passphrase',
      /keys\.authority\.passphrase .* is missing or wrong/,
      () => pki.root({ kind: ec, passphrase: 'hunter2' }),
    ],
    [
      'an encrypted key with another passphrase',
      /keys\.authority\.passphrase .* is missing or wrong/,
      async () => ({ ...(await pki.root({ kind: rsa, passphrase: 'hunter2' })), passphrase: 'hunter3' }),
    ],
    [
      'a key that others may read',
      /chmod 600 /,
      async () => {
        const root = await pki.root({ kind: ec });
        await chmod(root.key, 0o644);
        return root;
      },
    ],
    [
      'a certificate that is not there',
      /keys\.authority\.certificate\) does not exist/,
      async () => ({ ...(await pki.root({ kind: ec })), certificate: '/nowhere/ca.crt' }),
    ],
    [
      'a weak leaf',
      /leaves-1\.pem contains a key that is too weak/,
      async () => {
        const root = await pki.root({ kind: rsa });
        return {
          ...root,
          leaves: await pair(await pki.under(root, { kind: ['RSA', 'rsa_keygen_bits:1024'], ca: false })),
        };
      },
    ],
    [
      "another authority's leaf",
      /was not issued by the current certificate authority/,
      async () => {
        const stranger = await pki.root({ kind: ec });
        const leaf = await pki.under(stranger, { kind: ec, ca: false });
        return { ...(await pki.root({ kind: ec })), leaves: await pair(leaf) };
      },
    ],
  ])('is rejected with %s', async (_what, why, given) => {
    const { certificate, key, passphrase, leaves } = await given();
    const home = await dockpassHome({ config: { keys: { authority: { certificate, key } } } });
    if (leaves !== undefined) {
      await mkdir(join(home.directory, 'keys'));
      await writeFile(join(home.directory, 'keys', 'leaves-1.pem'), leaves, { mode: 0o600 });
    }
    const env = passphrase === undefined ? {} : { DOCKPASS_KEYS_AUTHORITY_PASSPHRASE: passphrase };
    const refused = await home.cli(['serve'], { env });
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr.trim()).toMatch(why);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(refused.stderr).not.toMatch(/hunter/);
  });

  test('is not replaced by "keys rotate --authority", and the audit log has no row of the attempt', async () => {
    const { certificate, key } = await pki.root({ kind: ec });
    const home = await dockpassHome({ config: { keys: { authority: { certificate, key } } } });
    await home.must(['user', 'add', 'alice', '--generate']);
    const rejected = await home.cli(['keys', 'rotate', '--authority']);
    expect(rejected).toMatchObject({ status: 1, stdout: '' });
    expect(rejected.stderr).toContain('comes from your own PKI');
    expect((await home.must(['audit'])).stdout).not.toContain('rollover');
  });
});

async function pair({ certificate, key }: Given): Promise<string> {
  return (await readFile(key, 'utf8')) + (await readFile(certificate, 'utf8'));
}
