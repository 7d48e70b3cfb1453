import { readRulesInForce } from '../../../admin/trust/rules-in-force.ts';
import { testJwt, type JwtTest } from '../../../admin/trust/test-jwt.ts';
import { createFederatedLogins } from '../../../app/federated/federated-logins.ts';
import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import type { Identify } from '../../../identity/federated/identify.ts';
import { noLog } from '../../../observe/log.ts';
import type { Secret } from '../../../secret.ts';
import type { Store } from '../../../store/store.ts';

/** Runs `work` with the function that verifies a JWT as the server does. It reads the keys of the issuer if needed. */
export async function withIdentify<Result>(
  store: Store,
  config: Config,
  work: (identify: Identify) => Promise<Result>,
): Promise<Result> {
  // The result says why keys cannot be read, so the log is not needed. No attempt is counted, because no one logs in.
  const logins = createFederatedLogins(store, systemClock, noLog, { reject: () => Promise.resolve() });
  try {
    return await work(logins.forConfig(config).identify);
  } finally {
    await logins.close();
  }
}

/** Tests a JWT with the rules in force, see `testJwt`. */
export async function testInDatabase(
  store: Store,
  config: Config,
  jwt: Secret,
  host: string | undefined,
): Promise<JwtTest> {
  const rules = await readRulesInForce(store, config);
  return withIdentify(store, config, (identify) => testJwt({ identify, rules, config }, jwt, host));
}
