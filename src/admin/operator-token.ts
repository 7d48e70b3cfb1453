import type { Clock } from '../clock.ts';
import type { RobotSubject } from '../policy/subject.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Action } from '../policy/rights.ts';
import { createSigner } from '../token/sign.ts';
import type { Authorize } from '../registry/api-client.ts';

/** Seconds: one request. The least that registries and clients deal with. */
const lifetime = 60;

/** What the registry's log and notifications say of whoever holds the keys. */
const operator: RobotSubject = { kind: 'robot', name: 'dockpass', rights: [] };

/**
 * Tokens for whoever can read the signing keys: nobody is asked, for nobody could refuse. Each gives one scope and
 * lives for a minute.
 */
export function operatorTokens(
  keys: KeyRing,
  { issuer, service }: { issuer: string; service: string },
  clock: Clock,
): Authorize {
  const sign = createSigner(keys, { issuer, service, pullLifetime: lifetime, pushLifetime: lifetime }, clock);
  return async (scope) => {
    const actions = scope.actions as readonly Action[];
    return (await sign(operator, [{ scope, actions, reason: 'granted', deciders: [] }])).jwt;
  };
}
