import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { selfSignedTls } from '../../../../src/up/tls/self-signed.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

const names = ['localhost', '*.localhost', '127.0.0.1', '::1', 'reg.example.com'];
const day = 24 * 60 * 60 * 1000;
const clock = () => Date.now();

test('creates a certificate for every name, signed by a CA that clients can trust', async () => {
  const directory = join(await temporaryDirectory(), 'tls');
  const { server, authority } = await selfSignedTls(directory, names, clock);
  const certificate = new X509Certificate(await readFile(server));
  const ca = new X509Certificate(await readFile(authority));
  expect(ca.ca).toBe(true);
  expect(certificate.verify(ca.publicKey)).toBe(true);
  // checkHost cannot check *.localhost. It uses OpenSSL, for which *.localhost does not match pub.localhost. For Go,
  // the language of most clients, it matches. Therefore only the text is checked.
  expect(certificate.subjectAltName).toContain('DNS:*.localhost');
  for (const host of ['localhost', 'reg.example.com']) expect(certificate.checkHost(host)).toBeDefined();
  for (const address of ['127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBeDefined();
  expect((await stat(server)).mode & 0o777).toBe(0o600);
  expect((await stat(authority)).mode & 0o777).toBe(0o644);
});

test('creates the certificate again for a new name or before it expires, but never the CA', async () => {
  const directory = await temporaryDirectory();
  const read = async (now = clock, wanted = names): Promise<string[]> => {
    const { server, authority } = await selfSignedTls(directory, wanted, now);
    return [await readFile(server, 'utf8'), await readFile(authority, 'utf8')];
  };
  const [first, ca] = await read();
  expect(await read()).toEqual([first, ca]);
  expect(await read(clock, names.slice(1))).toEqual([first, ca]);
  const [renamed, sameCa] = await read(clock, [...names, 'new.example.com']);
  expect(renamed).not.toBe(first);
  expect(sameCa).toBe(ca);
  const [renewed] = await read(() => Date.now() + 800 * day, [...names, 'new.example.com']);
  expect(renewed).not.toBe(renamed);
});
