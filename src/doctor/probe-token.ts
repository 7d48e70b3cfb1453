import { randomUUID } from 'node:crypto';
import type { KeyMode, Leaf } from '../keys/signing/signing-key.ts';
import type { Action } from '../policy/rights.ts';
import { anonymous } from '../policy/subject.ts';
import { claimsFor } from '../token/claims.ts';
import type { DoctorContext } from './context.ts';
import { scratch } from './scratch.ts';

/** How a probe's token differs from those that clients get. */
export interface TokenChange {
  readonly issuer?: string;
  readonly leaf?: Leaf;
  readonly mode?: KeyMode;
  /** On the scratch repository. */
  readonly actions?: readonly Action[];
  /** More repositories, which make the token longer. */
  readonly repositories?: readonly string[];
  /** The signature is wrong. The answer to such a token tells whether the registry trusts its key. */
  readonly forged?: boolean;
}

/** Seconds for which a probe's token is valid. */
const lifetime = 60;

/**
 * Signs a token as the token server would, except for `change`.
 * @returns undefined if the keys cannot be read
 */
export async function createProbeToken(
  { config, keys, clock }: DoctorContext,
  change: TokenChange = {},
): Promise<string | undefined> {
  if (keys === undefined) return undefined;
  const actions = change.actions ?? [];
  const names = [scratch, ...(change.repositories ?? [])];
  const access = names.map((name) => ({ type: 'repository', name, actions }));
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

/** No header at all for an undefined token. */
export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}
