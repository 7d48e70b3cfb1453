import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Person, Trust } from '../client/client-commands.ts';
import type { Client } from '../client/clients.ts';
import { handMadeImage } from './image.ts';
import type { Ran } from '../process/run.ts';

// Follows the examples of the distribution specification with curl: sends a request without a token, gets a token from
// the URL in the challenge, and sends the request again with the token.
// https://distribution.github.io/distribution/spec/auth/token/

/** Thrown if a step fails. No further steps run, and the result of this step is the result of the operation. */
class Refused extends Error {
  readonly ran: Ran;
  constructor(ran: Ran) {
    super(ran.output);
    this.ran = ran;
  }
}

/** Creates a client that logs in, pushes and pulls with plain HTTP requests. */
export function rawRegistryClient(curl: Client, { certificateFile }: Trust): Person {
  const logins = new Map<string, string>();
  const headers = join(curl.directory, 'headers');
  const ask = async (url: string, ...args: string[]): Promise<Ran> =>
    curl.run(['--cacert', certificateFile, '--dump-header', headers, '--fail-with-body', ...args, url]);
  const must = async (url: string, ...args: string[]): Promise<Ran> => {
    const ran = await ask(url, ...args);
    if (ran.status !== 0) throw new Refused(ran);
    return ran;
  };
  /** Returns the value of this header in the last answer. */
  const header = async (name: string): Promise<string> => {
    const text = await readFile(headers, 'utf8');
    return new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(text)?.[1] ?? '';
  };
  /**
   * Sends a request. If the answer is a challenge, gets the token that the challenge asks for.
   * @returns curl arguments with the Authorization header, none if the request needs no token
   */
  const tokenFor = async (url: string, ...args: string[]): Promise<string[]> => {
    const first = await ask(url, ...args);
    if (first.status === 0) return [];
    const challenge = await header('www-authenticate');
    const [realm, service, scope] = ['realm', 'service', 'scope'].map(
      (key) => new RegExp(`${key}="([^"]*)"`).exec(challenge)?.[1],
    );
    if (!challenge.startsWith('Bearer ') || realm === undefined) throw new Refused(first);
    const login = logins.get(new URL(url).host);
    const query = [
      ...['--data-urlencode', `service=${service ?? ''}`],
      ...(scope === undefined ? [] : ['--data-urlencode', `scope=${scope}`]),
    ];
    const user = login === undefined ? [] : ['--user', login];
    const answer = await must(realm, '--get', ...query, ...user);
    const { token } = JSON.parse(answer.stdout) as { token: string };
    return ['--header', `Authorization: Bearer ${token}`];
  };
  const runSteps = async (steps: () => Promise<Ran>): Promise<Ran> => {
    try {
      return await steps();
    } catch (error) {
      if (error instanceof Refused) return error.ran;
      throw error;
    }
  };
  return {
    login: (host, user, password) => {
      logins.set(host, `${user}:${password}`);
      return runSteps(async () => {
        const url = `https://${host}/v2/`;
        return must(url, ...(await tokenFor(url)));
      });
    },
    push: (name) =>
      runSteps(async () => {
        const { base, tag } = partsOf(name);
        const image = await handMadeImage();
        const blob = (digest: string) => join(image.directory, 'blobs', 'sha256', digest.slice(7));
        const manifest = blob(image.manifestDigest);
        const { config } = JSON.parse(await readFile(manifest, 'utf8')) as { config: { digest: string } };
        const uploads = `${base}/blobs/uploads/`;
        const token = await tokenFor(uploads, '--request', 'POST');
        for (const digest of [config.digest, image.layerDigest]) {
          await must(uploads, '--request', 'POST', ...token);
          const location = new URL(await header('location'), uploads);
          location.searchParams.set('digest', digest);
          const body = ['--request', 'PUT', '--data-binary', `@${blob(digest)}`];
          await must(location.href, ...body, ...octets, ...token);
        }
        const body = ['--request', 'PUT', '--data-binary', `@${manifest}`];
        return must(`${base}/manifests/${tag}`, ...body, ...manifestType('Content-Type'), ...token);
      }),
    pull: (name) =>
      runSteps(async () => {
        const { base, tag } = partsOf(name);
        const url = `${base}/manifests/${tag}`;
        const token = await tokenFor(url, ...manifestType('Accept'));
        const answer = await must(url, ...manifestType('Accept'), ...token);
        const { layers } = JSON.parse(answer.stdout) as { layers: { digest: string }[] };
        for (const { digest } of layers) {
          const file = join(curl.directory, 'layer');
          await writeFile(file, '');
          await must(`${base}/blobs/${digest}`, '--location', '--output', file, ...token);
          const actual = createHash('sha256')
            .update(await readFile(file))
            .digest('hex');
          if (`sha256:${actual}` !== digest) throw new Error(`expected ${digest}, got sha256:${actual}`);
        }
        return answer;
      }),
  };
}

const octets = ['--header', 'Content-Type: application/octet-stream'];

function manifestType(header: 'Accept' | 'Content-Type'): string[] {
  return ['--header', `${header}: application/vnd.oci.image.manifest.v1+json`];
}

function partsOf(name: string): { base: string; tag: string } {
  const [, host = '', path = '', tag = ''] = /^([^/]+)\/(.+):([^:/]+)$/.exec(name) ?? [];
  return { base: `https://${host}/v2/${path}`, tag };
}
