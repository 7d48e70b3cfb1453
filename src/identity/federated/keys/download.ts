import { lookup as lookUpAddresses, type LookupAddress } from 'node:dns';
import { request, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from '../../../net/public-address.ts';

/** The maximum size of a document, in bytes. */
const maxDocumentBytes = 512 * 1024;

export interface DownloadOptions {
  /** Whether the server may have a private, loopback or link-local address. */
  readonly allowsPrivateAddresses: boolean;
  /** Ends the download early, with the reason as the error. */
  readonly signal: AbortSignal;
}

/**
 * Downloads a document over https and returns its text. It follows no redirects, because a redirect would let the
 * server choose which other server is asked.
 * @throws Error with a message for an administrator: what went wrong, without a final full stop
 */
export async function download(text: string, options: DownloadOptions): Promise<string> {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') throw new Error(`${text} is not an https URL`);
  if (url.username !== '' || url.password !== '')
    throw new Error('the URL contains a user name or a password');
  if (!options.allowsPrivateAddresses) requirePublicHost(url.hostname.replace(/^\[|\]$/g, ''));
  try {
    return await readDocument(url, {
      headers: { accept: 'application/json, application/jwk-set+json', 'user-agent': 'dockpass' },
      // Keys are downloaded rarely, so no connection is kept open for the next time.
      agent: false,
      signal: options.signal,
      ...(!options.allowsPrivateAddresses && { lookup: lookUpPublicAddresses }),
    });
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  }
}

function readDocument(url: URL, options: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      response.on('error', reject);
      const fail = (problem: string): void => {
        reject(new Error(problem));
        sent.destroy();
      };
      if (response.statusCode !== 200) {
        const isRedirect = response.headers.location !== undefined;
        fail(
          `${url.host} answered with status ${response.statusCode}${isRedirect ? '; redirects are not followed' : ''}`,
        );
        return;
      }
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxDocumentBytes) fail(`the document is larger than ${maxDocumentBytes / 1024} KiB`);
      });
      response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Node does not look up a host that is an IP address, so such a host is checked here. */
function requirePublicHost(host: string): void {
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw notPublic(host, host);
}

/**
 * Resolves a host name as Node does, and fails if one of its addresses is not public. Node connects to the addresses
 * that this function returns, so the server of the name cannot answer differently the second time (DNS rebinding).
 */
const lookUpPublicAddresses: LookupFunction = (host, options, callback) => {
  lookUpAddresses(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    const refused = addresses.find(({ address }) => !isPublicAddress(address));
    if (refused !== undefined) callback(notPublic(host, refused.address), []);
    else if (options.all === true) callback(null, addresses);
    else callbackWithFirst(addresses, callback);
  });
};

function callbackWithFirst(
  addresses: readonly LookupAddress[],
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses;
  if (first === undefined) callback(new Error('the name has no address'), '');
  else callback(null, first.address, first.family);
}

function notPublic(host: string, address: string): Error {
  const where = host === address ? address : `${host} has the address ${address}, which`;
  return new Error(
    `${where} is not a public address. Only issuers that the configuration file names may be on a private network: move the rule to \`trust\` in dockpass.yml`,
  );
}
