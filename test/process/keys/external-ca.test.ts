import { X509Certificate } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { dockpassHome, startServe } from '../../support/dockpass/dockpass.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
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
      'a CA that is not marked for dockpass, which others may use too',
      /is not dedicated to dockpass: its path length is not 0, and its subject has no CN or OU with the word dockpass/,
      async () => pki.under(await pki.root({ kind: ec }), { kind: ec }),
    ],
    [
      'a CA that is marked for dockpass but can issue other CAs',
      /is not dedicated to dockpass: its path length is not 0\. .*pathlen:0/,
      () => pki.root({ kind: ec, subject: '/OU=dockpass/CN=Tokens' }),
    ],
    [
      'a CA that can issue leaf certificates only but is not marked for dockpass',
      /is not dedicated to dockpass: its subject has no CN or OU/,
      () => pki.root({ kind: ec, dedicated: true, subject: '/O=dockpass/CN=Intranet web servers' }),
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
    // Another test may use the default ports at the same time.
    const [port, operationsPort] = [await freePort(), await freePort()];
    const home = await dockpassHome({
      config: {
        listen: `127.0.0.1:${port}`,
        operations: { listen: `127.0.0.1:${operationsPort}` },
        keys: { authority: { certificate, key } },
      },
    });
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

  test('that others use as well: an installation from an earlier version starts, logs an error, and doctor has the fix', async () => {
    const root = await pki.root({ kind: ec });
    const issuing = await pki.under(root, { kind: ec });
    const certificate = await pki.chain(issuing, root);
    const keys = { authority: { certificate, key: issuing.key } };
    const directory = await temporaryDirectory('upgrade');
    await mkdir(join(directory, 'keys'));
    const leaf = await pki.under(issuing, { kind: ec, ca: false });
    await writeFile(join(directory, 'keys', 'leaves-1.pem'), await pair({ ...leaf }), { mode: 0o600 });
    // An earlier version published the whole chain.
    const bundle = join(directory, 'keys', 'rootcertbundle.pem');
    await writeFile(bundle, await readFile(certificate));

    const server = await startServe({ directory, config: { keys } });
    expect(server.process.output()).toMatch(/"level":"error".*is not dedicated to dockpass/);
    expect(await readFile(bundle, 'utf8')).toBe(
      new X509Certificate(await readFile(issuing.certificate)).toString(),
    );
    const doctor = await server.cli(['doctor', '--json', '--read-only']);
    const findings = JSON.parse(doctor.stdout) as { code: string; fix: string }[];
    expect(doctor.status).toBe(1);
    expect(findings.find(({ code }) => code === 'authority_shared')?.fix).toMatch(
      /pathlen:0.*OU=dockpass.*docs\/own-pki\.md.*keys\.authority\.requireDedicated: true/,
    );
    await server.process.stop();

    const strict = { DOCKPASS_KEYS_AUTHORITY_REQUIRE_DEDICATED: 'true' };
    const refused = await server.cli(['serve'], { env: strict });
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining('is not dedicated to dockpass'),
    ]);
    // Registries that trust only leaf certificates are not affected by other certificates of the PKI.
    const byKid = await startServe({ directory, env: { ...strict, DOCKPASS_KEYS_MODE: 'kid' } });
    expect(byKid.process.output()).not.toContain('is not dedicated');
    const published =
      (await readFile(bundle, 'utf8')).match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? [];
    expect(published.map((pem) => new X509Certificate(pem).ca)).toEqual(published.map(() => false));
    expect(published.length).toBeGreaterThan(0);
    await byKid.process.stop();
  });

  test('can be changed to a dedicated one in steps that reject no token', async () => {
    const root = await pki.root({ kind: ec });
    const [old, next] = [
      await pki.under(root, { kind: ec, dedicated: true }),
      await pki.under(root, { kind: ec, dedicated: true }),
    ];
    const home = await dockpassHome({
      config: { keys: { authority: { certificate: 'ca.crt', key: 'ca.key' } } },
    });
    const use = async (key: string, ...certificates: string[]): Promise<string> => {
      const texts = await Promise.all(certificates.map((path) => readFile(path, 'utf8')));
      await writeFile(join(home.directory, 'ca.crt'), texts.join(''));
      await copyFile(key, join(home.directory, 'ca.key'));
      return (await home.must(['keys', 'export'])).stdout;
    };
    const bundle = async (...paths: string[]): Promise<string> =>
      (await Promise.all(paths.map((path) => readFile(path))))
        .map((pem) => new X509Certificate(pem))
        .join('');
    const both = await bundle(old.certificate, next.certificate);
    expect(await use(old.key, old.certificate, root.certificate)).toBe(await bundle(old.certificate));
    expect(await use(old.key, old.certificate, root.certificate, next.certificate)).toBe(both);
    const turned = await use(next.key, next.certificate, root.certificate, old.certificate);
    expect(turned).toBe(await bundle(next.certificate, old.certificate));
    await home.must(['keys', 'rotate']);
    const rows = JSON.parse((await home.must(['keys', 'list', '--json'])).stdout) as { use: string }[];
    expect(rows.length).toBeGreaterThan(2);
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
