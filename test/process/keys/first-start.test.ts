import { X509Certificate } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import type { KeyRing } from '../../../src/keys/key-ring.ts';
import { fakeClock } from '../../support/dockpass/issuer.ts';
import { start } from '../../support/process/process.ts';
import { mustRun, run } from '../../support/process/run.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const child = fileURLToPath(new URL('../../support/scripts/first-start.ts', import.meta.url));

interface Home {
  readonly directory: string;
  readonly keys: string;
  open(settings?: Readonly<Record<string, unknown>>): Promise<KeyRing>;
}

async function newHome(): Promise<Home> {
  const directory = await temporaryDirectory('keys');
  return {
    directory,
    keys: join(directory, 'keys'),
    open: async (settings = {}) =>
      openKeyRing((await configIn(directory, { keys: settings })).keys, fakeClock()),
  };
}

/** Reads every file with its mode and content. */
async function snapshot(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  const entries = names.map(async (name) => {
    const path = join(directory, name);
    return [
      name,
      `${((await stat(path)).mode & 0o777).toString(8)} ${await readFile(path, 'utf8')}`,
    ] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const isSecret = (content: string): boolean => content.includes('PRIVATE KEY');

describe('the first start', () => {
  test('creates a P-256 CA, a P-256 signing key with its leaf certificate, and the bundle; private keys have mode 0600', async () => {
    const home = await newHome();
    const ring = await home.open();
    const files = await snapshot(home.keys);
    for (const [name, content] of Object.entries(files)) {
      expect([name, content.slice(0, 3)]).toEqual([name, isSecret(content) ? '600' : '644']);
    }
    expect(Object.values(files).filter(isSecret)).toHaveLength(2);
    const authority = new X509Certificate(ring.rootCertBundle());
    expect(authority.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(authority.ca).toBe(true);
    const { stdout } = await mustRun('openssl', [
      'x509',
      '-in',
      join(home.keys, 'rootcertbundle.pem'),
      '-noout',
      '-text',
    ]);
    expect(stdout).toContain('CA:TRUE, pathlen:0');
    const { certificate } = ring.current();
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.validToDate.getTime()).toBeLessThan(authority.validToDate.getTime());
  });

  test('creates a chain that openssl verifies', async () => {
    const home = await newHome();
    const leaf = join(home.directory, 'leaf.pem');
    await writeFile(leaf, (await home.open()).current().certificate.toString());
    const bundle = join(home.keys, 'rootcertbundle.pem');
    // The certificates were created at the time of the fake clock.
    const at = String(fakeClock()() / 1000);
    const { stdout } = await mustRun('openssl', [
      'verify',
      '-x509_strict',
      '-attime',
      at,
      '-CAfile',
      bundle,
      leaf,
    ]);
    expect(stdout).toContain('leaf.pem: OK');
  });

  test('leaves the same files, byte for byte, at a second start', async () => {
    const home = await newHome();
    const first = await home.open();
    const files = await snapshot(home.keys);
    const second = await home.open();
    expect(second.current().kid).toBe(first.current().kid);
    expect(await snapshot(home.keys)).toEqual(files);
  });

  test('signs tokens whose key id equals the fingerprint that openssl computes', async () => {
    const home = await newHome();
    const key = (await home.open()).current();
    const der = key.certificate.publicKey.export({ type: 'spki', format: 'der' });
    const file = join(home.directory, 'spki.der');
    await writeFile(file, der);
    const { stdout } = await mustRun('sh', [
      '-c',
      `openssl dgst -sha256 -binary ${file} | head -c 30 | base32 -w0`,
    ]);
    const { kid } = decodeProtectedHeader(await key.sign(Buffer.from('{}').toString('base64url')));
    expect(kid?.replaceAll(':', '')).toBe(stdout);
    expect(kid).toMatch(/^(.{4}:){11}.{4}$/);
  });

  test('creates an RSA signing key for RS256', async () => {
    const home = await newHome();
    const key = (await home.open({ algorithm: 'RS256' })).current();
    expect(key.algorithm.name).toBe('RS256');
    expect(key.certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBeGreaterThanOrEqual(2048);
  });

  test('creates no P-256 key with a coordinate that starts with zero: registry 3.x would compute another thumbprint', async () => {
    const { algorithms } = await import('../../../src/keys/signing/algorithm.ts');
    // Of 1,000 random keys, about 8 would have such a coordinate. Only one run in 2,500 would have none by chance.
    for (let drawn = 0; drawn < 1000; drawn++) {
      const key = await algorithms.ES256.createKey();
      const { x = '', y = '' } = key.export({ format: 'jwk' });
      expect([x, y].map((text) => Buffer.from(text, 'base64url')[0])).not.toContain(0);
    }
  });

  test('creates one set of keys if two processes start at once', async () => {
    const home = await newHome();
    await configIn(home.directory);
    const starts = await Promise.all([1, 2, 3].map(() => mustRun(process.execPath, [child, home.directory])));
    expect(new Set(starts.map(({ stdout }) => stdout)).size).toBe(1);
    const files = await snapshot(home.keys);
    expect(Object.values(files).filter(isSecret)).toHaveLength(2);
    const listed = (await home.open()).list().map(({ name }) => name);
    expect(listed).toEqual(['authority', starts[0]?.stdout.trim().split('\n')[1]]);
  });

  test('can be killed at any moment, and the next start works', async () => {
    for (let round = 0; round < 8; round++) {
      const home = await newHome();
      const starting = await start(process.execPath, [child, home.directory]);
      await starting.line(/starting/);
      // Creating keys takes a few hundred milliseconds. The kill happens before, between and after the files.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
      starting.signal('SIGKILL');
      await starting.ended;
      const ran = await run(process.execPath, [child, home.directory]);
      expect([ran.status, ran.stderr]).toEqual([0, '']);
    }
  });
});

describe('key files that cannot be used stop the start, and the message names the fix', () => {
  async function made(): Promise<Home & { readonly authority: string; readonly leaves: string }> {
    const home = await newHome();
    await home.open();
    const leaves = (await readdir(home.keys)).find((name) => name.startsWith('leaves')) ?? '';
    return { ...home, authority: join(home.keys, 'authority.pem'), leaves: join(home.keys, leaves) };
  }

  const refusal = async (home: Home, settings?: Readonly<Record<string, unknown>>): Promise<string> => {
    const error: unknown = await home.open(settings).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code: 'key_files' });
    return error instanceof Error ? error.message : '';
  };

  test.each(['authority', 'leaves'] as const)('%s readable by others', async (which) => {
    const home = await made();
    for (const mode of [0o640, 0o604, 0o660]) {
      await chmod(home[which], mode);
      expect(await refusal(home)).toContain(`chmod 600 ${home[which]}`);
    }
    await chmod(home[which], 0o600);
    await home.open();
  });

  test.each(['authority', 'leaves'] as const)('%s garbled, truncated or empty', async (which) => {
    const home = await made();
    const text = await readFile(home[which], 'utf8');
    const broken = [
      '',
      'no key at all\n',
      text.slice(0, 100),
      text.slice(0, text.indexOf('-----BEGIN CERT')),
      text.slice(0, -100),
      text.replace(/[A-Z]{4}/, 'AAAA').replace(/\n.{20}/, '\n!!!!'),
    ];
    for (const content of broken) {
      await writeFile(home[which], content);
      const message = await refusal(home);
      expect(message).toContain(home[which]);
      expect(message).toMatch(which === 'authority' ? /backup/ : /Move .* away/);
    }
  });

  test('a certificate that does not belong to the key', async () => {
    const [home, other] = [await made(), await made()];
    const key = (await readFile(home.authority, 'utf8')).split('-----BEGIN CERT')[0] ?? '';
    const certificate = new X509Certificate(await readFile(other.authority)).toString();
    await writeFile(home.authority, key + certificate);
    expect(await refusal(home)).toContain('do not belong together');
  });

  test('leaf certificates of another CA', async () => {
    const [home, other] = [await made(), await made()];
    await writeFile(home.leaves, await readFile(other.leaves));
    expect(await refusal(home)).toMatch(/not issued by .*Move .*leaves.* away/);
    await rm(home.leaves);
    await home.open();
  });

  test('leaf certificates without their CA, which is never replaced silently', async () => {
    const home = await made();
    await rm(home.authority);
    const message = await refusal(home);
    expect(message).toContain(home.authority);
    expect(message).toContain('backup');
    expect(await readdir(home.keys)).not.toContain('authority.pem');
  });

  test.each([
    'leaves-007.pem',
    'leaves-00.pem',
    `leaves-${'9'.repeat(30)}.pem`,
    'leaves-9007199254740993.pem',
    'leaves-999999999999.pem',
  ])('a file with an unexpected number in its name: %s', async (name) => {
    const home = await made();
    await copyFile(home.leaves, join(home.keys, name));
    const before = await snapshot(home.keys);
    expect(await refusal(home)).toMatch(/number in its name that dockpass never writes\. Move .* away/);
    expect(await snapshot(home.keys)).toEqual(before);
    await rm(join(home.keys, name));
    await home.open();
  });

  test('a name without a file, such as a link to nothing', async () => {
    const home = await made();
    await symlink('nowhere', join(home.keys, 'leaves-9.pem'));
    expect(await refusal(home)).toMatch(/leaves-9\.pem is listed but does not exist\. Move .* away/);
  });

  test.each(['authority.pem', 'leaves-9.pem', 'authority-previous.crt'])(
    'a named pipe instead of %s, which no process ever writes',
    async (name) => {
      const home = await made();
      await rm(join(home.keys, name), { force: true });
      await mustRun('mkfifo', ['-m', '600', join(home.keys, name)]);
      expect(await refusal(home)).toMatch(/is not a regular file\. Move it away/);
    },
  );

  test('a directory that is a file', async () => {
    const home = await newHome();
    await writeFile(home.keys, '');
    await expect(home.open()).rejects.toMatchObject({ code: 'key_files' });
  });

  test('a key file that is a directory', async () => {
    const home = await made();
    await rm(home.authority);
    await mkdir(home.authority, { mode: 0o700 });
    expect(await refusal(home)).toContain(home.authority);
  });
});
