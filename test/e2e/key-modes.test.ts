import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { algorithms } from '../../src/keys/signing/algorithm.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { needs } from '../support/run/parts.ts';
import { ec, ownPki, rsa, type Issued, type OwnPki } from '../support/tls/pki.ts';
import { registryPart, registryVersions, type RegistryVersion } from '../support/registry/registry.ts';
import { bundleIn, startTrusting, statusAt, tokenFor } from '../support/dockpass/trusting-registries.ts';

// Every algorithm and every way to name a key, on every registry that can verify it; and authorities from elsewhere.

const publicly = { publicDomains: ['127.0.0.1'] };
const parts = registryVersions.map(registryPart);

/** What a registry is told of the keys. 2.8 knows no jwks, and finds leaves in its bundle. */
function knowing(
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
    it.each(['x5c', 'kid'] as const)(
      'with %s are taken by every registry that knows it, and no other key',
      async (mode) => {
        const server = await startServe({ config: { ...publicly, keys: { algorithm, mode } } });
        const stranger = await startServe({ config: { ...publicly, keys: { algorithm, mode } } });
        const [token, foreign] = await Promise.all([tokenFor(server, 'a'), tokenFor(stranger, 'a')]);
        const header = decodeProtectedHeader(token);
        expect(header.alg).toBe(algorithm);
        expect('x5c' in header).toBe(mode === 'x5c');
        for (const version of registryVersions.filter((each) => each >= oldest)) {
          const registry = await startTrusting(version, knowing(server, mode, version));
          expect([version, await statusAt(registry, token)]).toEqual([version, 200]);
          expect([version, await statusAt(registry, foreign)]).toEqual([version, 401]);
        }
      },
    );
  });
});

needs('openssl', ...parts)("an authority of one's own PKI", () => {
  /** The file for keys.authority.certificate, its key, and the root that signed it all. */
  type Made = Issued & { readonly passphrase?: string; readonly root: Issued };

  it.each<[what: string, make: (pki: OwnPki) => Promise<Made>]>([
    ['an RSA root', async (pki) => alone(await pki.root({ kind: rsa }))],
    ['an EC root', async (pki) => alone(await pki.root({ kind: ec }))],
    [
      'an RSA intermediate with its chain',
      async (pki) => {
        const root = await pki.root({ kind: rsa });
        const issuing = await pki.under(root, { kind: rsa });
        return { ...issuing, certificate: await pki.chain(issuing, root), root };
      },
    ],
    [
      'an EC intermediate with its chain, its key encrypted',
      async (pki) => {
        const passphrase = 'hunter2';
        const root = await pki.root({ kind: rsa });
        const issuing = await pki.under(root, { kind: ['EC', 'ec_paramgen_curve:P-384'], passphrase });
        return { ...issuing, certificate: await pki.chain(issuing, root), root, passphrase };
      },
    ],
  ])(
    '%s: its tokens are taken by every registry, which knows the bundle or the root alone',
    async (_what, make) => {
      const pki = await ownPki();
      const { certificate, key, passphrase, root } = await make(pki);
      const file = join(pki.directory, 'passphrase');
      if (passphrase !== undefined) await writeFile(file, `${passphrase}\n`);
      const server = await startServe({
        config: { ...publicly, keys: { authority: { certificate, key } } },
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
      // The passphrase stays where it was.
      expect(await readFile(bundleIn(server), 'utf8')).not.toContain('PRIVATE');
    },
  );
});

function alone(root: Issued): Issued & { readonly root: Issued } {
  return { ...root, root };
}
