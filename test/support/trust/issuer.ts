import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
} from 'jose';
import { afterwards } from '../run/afterwards.ts';
import { registerSecret } from '../run/evidence.ts';
import { freePort } from '../run/ports.ts';
import { testAuthority, type TestAuthority } from '../tls/tls.ts';

/** A key of a test issuer, with which it can sign. */
export interface IssuerKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export interface SignOptions {
  /** The key that signs. Default: the newest key of the issuer. */
  readonly key?: IssuerKey;
  /** Members that are added to the protected header. A member with the value undefined is left out. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** Writes the whole answer to a request, in place of the issuer. */
export type Responder = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * An issuer of JWTs that listens on the loopback interface: it publishes a discovery document (OpenID Connect Discovery
 * 1.0, section 4) and a key set (RFC 7517), both over https.
 */
export interface TrustIssuer {
  /** The issuer's name: the claim `iss`, and `issuer` in the discovery document. */
  readonly issuer: string;
  /** The https URL of the server. The same as `issuer`, unless the option `issuer` says otherwise. */
  readonly url: string;
  /** The https URL of the key set. */
  readonly jwksUrl: string;
  /** The CA certificate of the server, as PEM. The process of the test trusts it while the issuer exists. */
  readonly authority: string;
  /** A file with this certificate. Processes under test trust it if it is their NODE_EXTRA_CA_CERTS. */
  readonly authorityFile: string;
  /** The keys that the key set contains now, the newest last. */
  readonly keys: readonly IssuerKey[];
  /** The public key set, as the issuer publishes it now. Its JSON text can be used as a JWKS file. */
  keySet(): JSONWebKeySet;
  /**
   * Signs a JWT. The default claims are `iss`, `sub`, `aud` `registry.example.com`, `iat` (now) and `exp` (in 5
   * minutes, as at GitHub). `claims` override them; a claim with the value undefined is left out.
   */
  sign(claims?: Readonly<Record<string, unknown>>, options?: SignOptions): Promise<string>;
  /** Creates a key that signs from now on. The earlier keys stay in the key set. */
  addKey(algorithm?: string): Promise<IssuerKey>;
  /** Creates a key that replaces all earlier keys. */
  rotate(algorithm?: string): Promise<IssuerKey>;
  /** How many requests the issuer has received for each document, including those that it answered with an error. */
  readonly requestCounts: { readonly discovery: number; readonly jwks: number };
  /** Answers requests for one of the documents in place of the issuer, until it is called with undefined. */
  answer(document: 'discovery' | 'jwks', responder: Responder | undefined): void;
  /** Closes the port. Clients can no longer connect. */
  stop(): Promise<void>;
  /** Listens again on the same port, with the same keys. */
  start(): Promise<void>;
}

export interface TrustIssuerOptions {
  /** The time in milliseconds since the epoch, for the default claims. Default: the time of the machine. */
  readonly clock?: () => number;
  /** Default: ES256, whose keys are created fast. */
  readonly algorithm?: string;
  /** The path of the issuer, for example `/_services/token`. Default: none. */
  readonly path?: string;
  /** The issuer's name, if it is not the URL of the server. */
  readonly issuer?: string;
  /** The CA that issues the server's certificate. Default: a CA of its own. */
  readonly authority?: TestAuthority;
}

/** Starts an issuer. It is stopped after the test, or after the test file (see afterwards.ts). */
export async function startTrustIssuer(options: TrustIssuerOptions = {}): Promise<TrustIssuer> {
  const { clock = Date.now, algorithm: defaultAlgorithm = 'ES256', path = '' } = options;
  const authority = options.authority ?? (await testAuthority());
  trustInThisProcess(authority.certificate);
  const certificate = await authority.issue(['localhost', '127.0.0.1', '::1']);
  const port = await freePort();
  const url = `https://localhost:${port}${path}`;
  const issuer = options.issuer ?? url;
  const jwksUrl = `${url}/keys`;

  let keys: IssuerKey[] = [await newIssuerKey(defaultAlgorithm)];
  const keySet = (): JSONWebKeySet => ({ keys: keys.map(({ publicJwk }) => publicJwk) });
  const requestCounts = { discovery: 0, jwks: 0 };
  const responders: { discovery?: Responder | undefined; jwks?: Responder | undefined } = {};
  const documents = {
    [`${path}/.well-known/openid-configuration`]: {
      name: 'discovery',
      body: () => ({ issuer, jwks_uri: jwksUrl, id_token_signing_alg_values_supported: [defaultAlgorithm] }),
    },
    [`${path}/keys`]: { name: 'jwks', body: keySet },
  } as const;

  const server = createServer(
    { cert: certificate.certificate, key: certificate.key },
    (request, response) => {
      const document = documents[request.url ?? ''];
      if (document === undefined) {
        response.writeHead(404).end();
        return;
      }
      requestCounts[document.name] += 1;
      const responder = responders[document.name];
      if (responder !== undefined) {
        responder(request, response);
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document.body()));
    },
  );
  const start = async (): Promise<void> => {
    if (server.listening) return;
    server.listen(port, 'localhost');
    await once(server, 'listening');
  };
  await start();
  afterwards(() => stopServer(server));

  return {
    issuer,
    url,
    jwksUrl,
    authority: authority.certificate,
    authorityFile: authority.certificateFile,
    get keys() {
      return keys;
    },
    keySet,
    sign: async (claims = {}, { key = keys.at(-1), header = {} } = {}) => {
      if (key === undefined) throw new Error('the issuer has no key');
      const now = Math.floor(clock() / 1000);
      const defaults = {
        iss: issuer,
        sub: 'job:1',
        aud: 'registry.example.com',
        iat: now,
        exp: now + 300,
      };
      const jwt = await signJwt(key, { ...defaults, ...claims }, header);
      registerSecret(jwt);
      return jwt;
    },
    addKey: async (algorithm = defaultAlgorithm) => {
      const key = await newIssuerKey(algorithm);
      keys = [...keys, key];
      return key;
    },
    rotate: async (algorithm = defaultAlgorithm) => {
      const key = await newIssuerKey(algorithm);
      keys = [key];
      return key;
    },
    requestCounts,
    answer: (document, responder) => {
      responders[document] = responder;
    },
    stop: () => stopServer(server),
    start,
  };
}

let keyCount = 0;

/** Creates a key that belongs to no key set yet. */
export async function newIssuerKey(algorithm = 'ES256', kid = `key-${(keyCount += 1)}`): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { kid, algorithm, privateKey, publicJwk };
}

/** Signs exactly these claims, without defaults. */
export function signJwt(
  { kid, algorithm, privateKey }: IssuerKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  // JSON leaves out the members whose value is undefined.
  return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
    .setProtectedHeader(
      JSON.parse(JSON.stringify({ alg: algorithm, kid, typ: 'JWT', ...header })) as { alg: string },
    )
    .sign(privateKey);
}

async function stopServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Makes https clients of this process trust the CA, until the test or the test file ends. */
function trustInThisProcess(certificate: string): void {
  const before = getCACertificates('default');
  if (before.includes(certificate)) return;
  setDefaultCACertificates([...before, certificate]);
  afterwards(() =>
    setDefaultCACertificates(getCACertificates('default').filter((each) => each !== certificate)),
  );
}
