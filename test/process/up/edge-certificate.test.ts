import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { noLog } from '../../../src/observe/log.ts';
import { edgeCertificate, type EdgeCertificate } from '../../../src/up/tls/edge-certificate.ts';
import { createRenewalStatus, startCertificateRenewal } from '../../../src/up/tls/renew-certificate.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { fakeClock } from '../../support/dockpass/issuer.ts';
import { needs } from '../../support/run/parts.ts';
import { mustRun } from '../../support/process/run.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { testAuthority } from '../../support/tls/tls.ts';

/** One day in seconds. */
const day = 24 * 60 * 60;

test('a self-signed certificate is renewed two months before it expires, by the same CA', async () => {
  const clock = fakeClock();
  const config = await configIn(await temporaryDirectory('self-signed'), {});
  const certificate = await edgeCertificate(config, { kind: 'self-signed' }, clock);
  const served = async (): Promise<X509Certificate> => new X509Certificate(await contentOf(certificate));
  const first = await served();
  clock.advance(760 * day);
  expect(await certificate.renew()).toBe(false);
  clock.advance(10 * day);
  // `cover` already writes the renewed certificate here. `renew` must still report it, so that the edge loads it.
  await certificate.cover(config);
  expect(await certificate.renew()).toBe(true);
  const second = await served();
  expect(second.validToDate.getTime() - first.validToDate.getTime()).toBe(770 * day * 1000);
  const authority = new X509Certificate(await readFile(certificate.authority ?? ''));
  expect(second.verify(authority.publicKey)).toBe(true);
  expect(await certificate.renew()).toBe(false);
});

needs('openssl')('a certificate in files', () => {
  async function certificateInFiles(): Promise<{ certificate: EdgeCertificate; replace: Replace }> {
    const directory = await temporaryDirectory('given');
    const authority = await testAuthority();
    const files = { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
    const replace: Replace = async (change = {}) => {
      const pair = await authority.issue(['reg.example.com']);
      await writeFile(files.certificate, change.certificate ?? pair.certificate + authority.certificate);
      if (change.key !== null) await writeFile(files.key, change.key ?? pair.key);
    };
    await replace();
    const config = await configIn(directory, {});
    return { certificate: await edgeCertificate(config, { kind: 'files', ...files }, Date.now), replace };
  }

  test('is copied into one file with key and chain, which only its owner can read', async () => {
    const { certificate } = await certificateInFiles();
    expect((await stat(fileOf(certificate))).mode & 0o777).toBe(0o600);
    expect((await contentOf(certificate)).match(/BEGIN [A-Z ]+/g)).toEqual([
      'BEGIN PRIVATE KEY',
      'BEGIN CERTIFICATE',
      'BEGIN CERTIFICATE',
    ]);
  });

  test('is renewed when certificate and key have changed, not when only one has', async () => {
    const { certificate, replace } = await certificateInFiles();
    expect(await certificate.renew()).toBe(false);
    const before = await contentOf(certificate);
    await replace({ key: null });
    await expect(certificate.renew()).rejects.toThrow(/the key in .*tls\.key does not belong to .*tls\.crt/);
    expect(await contentOf(certificate)).toBe(before);
    await replace();
    expect(await certificate.renew()).toBe(true);
    const after = await contentOf(certificate);
    expect(after).not.toBe(before);
    expect(new X509Certificate(after).publicKey.equals(createPublicKey(after))).toBe(true);
  });

  test.each([
    ['no certificate', { certificate: 'hello' }, /contains no certificate/],
    [
      'half a certificate',
      { certificate: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' },
      /damaged/,
    ],
    ['no key', { key: '' }, /contains no private key/],
  ])('is left unchanged if the new files contain %s', async (_what, change, why) => {
    const { certificate, replace } = await certificateInFiles();
    const before = await contentOf(certificate);
    await replace(change);
    await expect(certificate.renew()).rejects.toThrow(why);
    expect(await contentOf(certificate)).toBe(before);
  });

  test('the errors explain how to decrypt a key, and name a missing file', async () => {
    const { certificate } = await certificateInFiles();
    const [, key = ''] = certificate.sources;
    const encrypted = ['pkey', '-in', key, '-aes256', '-passout', 'pass:secret', '-out', `${key}.new`];
    await mustRun('openssl', encrypted);
    await writeFile(key, await readFile(`${key}.new`));
    await expect(certificate.renew()).rejects.toThrow(/is encrypted.*openssl pkey/);
    await rm(key);
    await expect(certificate.renew()).rejects.toThrow(/cannot read .*tls\.key/);
  });
});

describe('certificate renewal', () => {
  const selfSigned = {
    tls: { kind: 'off' },
    authority: undefined,
    sources: [],
    cover: async () => undefined,
  } as const;

  test('checks a self-signed certificate every ten seconds', async () => {
    vi.useFakeTimers();
    afterwards(() => void vi.useRealTimers());
    let isDue = false;
    const renew = async (): Promise<boolean> => isDue;
    let reloadCount = 0;
    const stop = startCertificateRenewal({
      certificate: { ...selfSigned, renew },
      status: createRenewalStatus(),
      reloadEdge: async () => void reloadCount++,
      onStatusChange: () => undefined,
      log: noLog,
    });
    await vi.advanceTimersByTimeAsync(9000);
    isDue = true;
    expect(reloadCount).toBe(0);
    await vi.advanceTimersByTimeAsync(2000);
    stop();
    expect(reloadCount).toBe(1);
  });

  test('warns while the edge does not serve the renewed certificate, tries again, and logs the problem once', async () => {
    vi.useFakeTimers();
    afterwards(() => void vi.useRealTimers());
    const logged: string[] = [];
    const log = { ...noLog, error: (message: string) => void logged.push(message) };
    const renewals = [true];
    const renew = async (): Promise<boolean> => renewals.shift() ?? false;
    const status = createRenewalStatus();
    let works = false;
    let changeCount = 0;
    const stop = startCertificateRenewal({
      certificate: { ...selfSigned, renew },
      status,
      reloadEdge: () => (works ? Promise.resolve() : Promise.reject(new Error('the edge did not reload'))),
      onStatusChange: () => void changeCount++,
      log,
    });
    await vi.advanceTimersByTimeAsync(3000);
    expect(await status.monitor()).toMatchObject([
      { code: 'tls_not_renewed', problem: expect.stringContaining('the edge did not reload') as string },
    ]);
    expect([logged.length, changeCount]).toEqual([1, 1]);
    works = true;
    await vi.advanceTimersByTimeAsync(1000);
    stop();
    expect([await status.monitor(), changeCount]).toEqual([[], 2]);
  });
});

type Replace = (change?: { certificate?: string; key?: string | null }) => Promise<void>;

function fileOf({ tls }: EdgeCertificate): string {
  return tls.kind === 'files' ? tls.certificate : '';
}

function contentOf(certificate: EdgeCertificate): Promise<string> {
  return readFile(fileOf(certificate), 'utf8');
}
