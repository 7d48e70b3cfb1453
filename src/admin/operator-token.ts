import type { Clock } from '../clock.ts';
import type { RobotSubject } from '../policy/subject.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Action } from '../policy/rights.ts';
import { createSigner } from '../token/sign.ts';
import type { Authorize } from '../registry/api-client.ts';

/** Seconds. One request needs less, but the token specification requires at least 60. */
const lifetime = 60;

/** The user name that the registry writes into its log and notifications for these requests. */
const operator: RobotSubject = { kind: 'robot', name: 'dockpass', rights: [] };

/**
 * Creates a function that signs tokens for the command line's own requests to the registry. No rights are checked: a
 * person who can read the signing keys could sign such a token in any case. Each token contains one scope and is valid
 * for one minute.
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
