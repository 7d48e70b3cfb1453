import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { decodeProtectedHeader, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { algorithms } from '../../src/keys/signing/algorithm.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { needs } from '../support/run/parts.ts';
import { ec, ownPki, rsa, type Issued, type OwnPki } from '../support/tls/pki.ts';
import { registryPart, registryVersions, type RegistryVersion } from '../support/registry/registry.ts';
import { bundleIn, startTrusting, statusAt, tokenFor } from '../support/dockpass/trusting-registries.ts';

// Tokens of every signature algorithm and every keys.mode on every registry version that can verify them, and tokens of
// a dockpass whose CA comes from another PKI.

const publicConfig = { publicDomains: ['127.0.0.1'] };
const parts = registryVersions.map(registryPart);

/** The settings by which a registry verifies tokens. Registry 2.8 has no jwks. Its bundle has leaf certificates. */
function trustSettings(
  server: DockpassServer,
  mode: 'x5c' | 'kid',
  version: RegistryVersion,
): Record<string, string> {
  return mode === 'kid' && version !== '2.8'
    ? { jwks: join(server.directory, 'keys', 'jwks.json') }
    : { rootcertbundle: bundleIn(server) };
}

needs(...parts)('tokens', () => {
  describe.each(Object.values(algorithms))('signed by $name', ({ name: algorithm, registry: oldest }) => {
    test.each(['x5c', 'kid'] as const)(
      'with %s are accepted by every registry version that supports the algorithm; tokens of other keys are not',
      async (mode) => {
        const server = await startServe({ config: { ...publicConfig, keys: { algorithm, mode } } });
        const stranger = await startServe({ config: { ...publicConfig, keys: { algorithm, mode } } });
        const [token, foreign] = await Promise.all([tokenFor(server, 'a'), tokenFor(stranger, 'a')]);
        const header = decodeProtectedHeader(token);
        expect(header.alg).toBe(algorithm);
        expect('x5c' in header).toBe(mode === 'x5c');
        for (const version of registryVersions.filter((each) => each >= oldest)) {
          const registry = await startTrusting(version, trustSettings(server, mode, version));
          expect([version, await statusAt(registry, token)]).toEqual([version, 200]);
          expect([version, await statusAt(registry, foreign)]).toEqual([version, 401]);
        }
      },
    );
  });
});

needs('openssl', ...parts)('a CA from your own PKI', () => {
  /** The file for keys.authority.certificate, the file of its key, and the root CA of the chain. */
  type CaFiles = Issued & { readonly passphrase?: string; readonly root: Issued };

  test.each<[description: string, create: (pki: OwnPki) => Promise<CaFiles>]>([
    ['an RSA root', async (pki) => asOwnRoot(await pki.root({ kind: rsa, dedicated: true }))],
    ['an EC root', async (pki) => asOwnRoot(await pki.root({ kind: ec, dedicated: true }))],
    [
      'an RSA intermediate with its chain',
      async (pki) => {
        const root = await pki.root({ kind: rsa });
        const issuing = await pki.under(root, { kind: rsa, dedicated: true });
        return { ...issuing, certificate: await pki.chain(issuing, root), root };
      },
    ],
    [
      'an EC intermediate with its chain and an encrypted key',
      async (pki) => {
        const passphrase = 'hunter2';
        const root = await pki.root({ kind: rsa });
        const issuing = await pki.under(root, {
          kind: ['EC', 'ec_paramgen_curve:P-384'],
          passphrase,
          dedicated: true,
        });
        return { ...issuing, certificate: await pki.chain(issuing, root), root, passphrase };
      },
    ],
  ])(
    '%s: tokens are accepted by every registry version that trusts the bundle or only the root CA',
    async (_description, create) => {
      const pki = await ownPki();
      const { certificate, key, passphrase, root } = await create(pki);
      const file = join(pki.directory, 'passphrase');
      if (passphrase !== undefined) await writeFile(file, `${passphrase}\n`);
      const server = await startServe({
        config: { ...publicConfig, keys: { authority: { certificate, key } } },
        env: passphrase === undefined ? {} : { DOCKPASS_KEYS_AUTHORITY_PASSPHRASE_FILE: file },
      });
      const token = await tokenFor(server, 'a');
      for (const version of registryVersions) {
        for (const rootcertbundle of new Set([bundleIn(server), root.certificate])) {
          const registry = await startTrusting(version, { rootcertbundle });
          expect([version, rootcertbundle, await statusAt(registry, token)]).toEqual([
            version,
            rootcertbundle,
            200,
          ]);
        }
      }
      // The trust bundle must not contain the private key.
      expect(await readFile(bundleIn(server), 'utf8')).not.toContain('PRIVATE');
    },
  );
});

needs('openssl', ...parts)('another certificate of the same PKI', () => {
  /** Signs a token of an administrator with the key of a certificate, as the holder of the certificate can. */
  async function forge({ certificate, key }: Issued, root: Issued): Promise<string> {
    const x5c = await Promise.all(
      [certificate, root.certificate].map(async (file) =>
        new X509Certificate(await readFile(file)).raw.toString('base64'),
      ),
    );
    return new SignJWT({ access: [{ type: 'registry', name: 'catalog', actions: ['*'] }] })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c })
      .setIssuer('dockpass')
      .setAudience('registry')
      .setSubject('admin')
      .setIssuedAt()
      .setNotBefore('-1m')
      .setExpirationTime('5m')
      .setJti('forged')
      .sign(createPrivateKey(await readFile(key)));
  }

  test.each(['x5c', 'kid'] as const)(
    'signs tokens that registries accept if they trust the root, but none if they trust the bundle of mode %s',
    async (mode) => {
      const pki = await ownPki();
      const root = await pki.root({ kind: ec });
      const issuing = await pki.under(root, { kind: ec, dedicated: mode === 'x5c' });
      const certificate = await pki.chain(issuing, root);
      const server = await startServe({
        config: { ...publicConfig, keys: { mode, authority: { certificate, key: issuing.key } } },
      });
      const token = await tokenFor(server, 'a');
      const webServer = await pki.under(root, { kind: ec, ca: false });
      const ofSubCa = await pki.under(issuing, { kind: ec, ca: false });
      for (const version of registryVersions) {
        const registry = await startTrusting(version, trustSettings(server, mode, version));
        const others = await startTrusting(version, { rootcertbundle: root.certificate });
        const forged = await forge(webServer, root);
        expect([version, await statusAt(others, forged)]).toEqual([version, 200]);
        expect([version, await statusAt(registry, forged)]).toEqual([version, 401]);
        // In mode kid, a CA that others use is harmless, too.
        if (mode === 'kid')
          expect([version, await statusAt(registry, await forge(ofSubCa, issuing))]).toEqual([version, 401]);
        expect([version, await statusAt(registry, token)]).toEqual([version, 200]);
      }
    },
  );
});

function asOwnRoot(root: Issued): Issued & { readonly root: Issued } {
  return { ...root, root };
}
