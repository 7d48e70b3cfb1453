import { randomUUID } from 'node:crypto';
import type { KeyMode, Leaf } from '../keys/signing/signing-key.ts';
import type { Action } from '../policy/rights.ts';
import { anonymous } from '../policy/subject.ts';
import { claimsFor, type AccessEntry } from '../token/claims.ts';
import type { DoctorContext } from './context.ts';
import { scratch } from './scratch.ts';

/** The differences between the token of a probe and the tokens that clients get. */
export interface TokenChange {
  readonly issuer?: string;
  readonly leaf?: Leaf;
  readonly mode?: KeyMode;
  /**
   * The actions that the token grants on doctor's test repository (`scratch`) and on each repository in `repositories`.
   * By default, the token grants no actions.
   */
  readonly actions?: readonly Action[];
  /** Names of additional repositories that the token contains. They make the token longer. */
  readonly repositories?: readonly string[];
  /** If true, the token allows to list all repositories of the registry. */
  readonly catalog?: boolean;
  /** The claim `sub`, which the registry reports as the actor of its events. Default: that of an anonymous client. */
  readonly actor?: string;
  /**
   * If true, the token gets an invalid signature. The error with which the registry rejects such a token shows whether
   * the registry trusts the signing key.
   */
  readonly forged?: boolean;
}

/** The lifetime of a probe's token, in seconds. */
const lifetime = 60;

/**
 * Creates the same token as the token server would create, except for the differences in `change`.
 * @returns undefined if the keys cannot be read
 */
export async function createProbeToken(
  { config, keys, clock }: DoctorContext,
  change: TokenChange = {},
): Promise<string | undefined> {
  if (keys === undefined) return undefined;
  const actions = change.actions ?? [];
  const names = [scratch, ...(change.repositories ?? [])];
  const access: AccessEntry[] = names.map((name) => ({ type: 'repository', name, actions }));
  if (change.catalog === true) access.push({ type: 'registry', name: 'catalog', actions: ['*'] });
  const settings = {
    issuer: change.issuer ?? config.issuer,
    service: config.service,
    pullLifetime: lifetime,
    pushLifetime: lifetime,
  };
  const now = Math.floor(clock() / 1000);
  const { sub, ...claims } = claimsFor(anonymous, access, settings, now, randomUUID());
  const key = keys.key(change.leaf ?? keys.current, change.mode ?? config.keys.mode);
  const token = await key.sign(
    Buffer.from(JSON.stringify({ ...claims, sub: change.actor ?? sub })).toString('base64url'),
  );
  if (change.forged !== true) return token;
  const signature = token.slice(token.lastIndexOf('.') + 1);
  return token.slice(0, -signature.length) + Buffer.alloc(64, 1).toString('base64url');
}

/** Returns the Authorization header with this token. If the token is undefined, returns no header. */
export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}
