import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { anonymous } from '../policy/subject.ts';
import type { KeyMode, Leaf } from '../keys/signing/signing-key.ts';
import type { Action } from '../policy/rights.ts';
import { claimsFor } from '../token/claims.ts';
import { sendRequest, type HttpAnswer, type Target } from './http-request.ts';
import type { ProbedDomain } from './domains.ts';
import type { OwnKeys } from './own-keys.ts';
import type { RegistryFile } from './registry/registry-file.ts';

/** All that probes look at. */
export interface DoctorContext {
  readonly config: Config;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Undefined where they cannot be read: a finding of its own. */
  readonly keys: OwnKeys | undefined;
  /** Why they cannot be read; undefined where they can, or there are none. */
  readonly keysFault: string | undefined;
  /** The edge, under each name. */
  readonly domains: readonly ProbedDomain[];
  readonly readOnly: boolean;
  /** Nothing was found wrong with the registries that would show at every door, too. */
  readonly registriesAreHealthy: boolean;
}

/** A registry, or the edge in front of it where no more can be reached. */
export interface Registry {
  readonly url: URL;
  readonly target: Target;
  /** Reached through the edge: what it answers may be the edge's word. */
  readonly behindEdge: boolean;
  readonly file: RegistryFile | undefined;
}

/** Where probes write. A name that nobody's images have. */
export const scratch = 'dockpass-doctor/scratch';

/** How a probe's token differs from those that clients get. */
export interface TokenChange {
  readonly issuer?: string;
  readonly leaf?: Leaf;
  readonly mode?: KeyMode;
  /** On the scratch repository. */
  readonly actions?: readonly Action[];
  /** With a signature that is none: what is said to it tells whether the key would have been trusted. */
  readonly forged?: boolean;
}

/** Seconds. */
const lifetime = 60;

/** A token of ours, or nearly. Undefined without keys. */
export async function createProbeToken(
  { config, keys, clock }: DoctorContext,
  change: TokenChange = {},
): Promise<string | undefined> {
  if (keys === undefined) return undefined;
  const access = [{ type: 'repository', name: scratch, actions: change.actions ?? [] }];
  const settings = {
    issuer: change.issuer ?? config.issuer,
    service: config.service,
    pullLifetime: lifetime,
    pushLifetime: lifetime,
  };
  const claims = claimsFor(anonymous, access, settings, Math.floor(clock() / 1000), randomUUID());
  const key = keys.key(change.leaf ?? keys.current, change.mode ?? config.keys.mode);
  const token = await key.sign(Buffer.from(JSON.stringify(claims)).toString('base64url'));
  if (change.forged !== true) return token;
  const signature = token.slice(token.lastIndexOf('.') + 1);
  return token.slice(0, -signature.length) + Buffer.alloc(64, 1).toString('base64url');
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/** Straight to the token server, around the edge, as a client that said `host`. Undefined where it cannot be reached from here. */
export async function requestTokenServer(
  { config: { listen } }: DoctorContext,
  path: string,
  host = 'localhost',
): Promise<HttpAnswer | undefined> {
  const address = { '::': '::1', '0.0.0.0': '127.0.0.1' }[listen.host] ?? listen.host;
  return sendRequest({ host: address, port: listen.port, as: host, tls: false }, path).catch(() => undefined);
}
