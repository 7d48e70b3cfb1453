import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { newIssuerKey } from '../trust/issuer.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** Returns a public key in the form in which an API server publishes it at /openid/v1/jwks. */
export async function clusterKey(): Promise<JWK> {
  const { publicJwk } = await newIssuerKey('RS256');
  const { kty, kid, n = '', e = '' } = publicJwk;
  return { use: 'sig', kty: kty ?? 'RSA', kid: kid ?? '', alg: 'RS256', n, e };
}

/** Writes a file with the content of a key set. @returns its path */
export async function writeKeySet(content: unknown, name = 'prod.json'): Promise<string> {
  const file = join(await temporaryDirectory('keys'), name);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}
