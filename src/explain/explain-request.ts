import type { Config } from '../config/load.ts';
import { policySettings } from '../config/policy-settings.ts';
import { DockpassError } from '../errors.ts';
import type { Identify } from '../identity/federated/identify.ts';
import { parseHost } from '../net/host.ts';
import type { Secret } from '../secret.ts';
import type { Ports } from '../store/store.ts';
import { explain, type ExplainedSubject, type Explanation } from './explain.ts';
import { findSubject } from './find-subject.ts';
import { findJwtSubject } from './find-jwt-subject.ts';

/** A token request that a person wants to understand, as the person wrote it. */
export interface RequestToExplain {
  /** The host under which the client reaches the registry, such as `registry.example.com`. */
  readonly host: string;
  /** The name of the user or robot, or `ci:NAME` for a trust rule. Undefined for a request without a login. */
  readonly user?: string | undefined;
  /** The name of the access token with which the user logs in. Undefined for a login with a password. */
  readonly token?: string | undefined;
  /** The JWT with which a job or pod logs in. Only without `user`. */
  readonly jwt?: Secret | undefined;
  /** The IP address of the client. */
  readonly address: string;
  readonly scopes: readonly string[];
}

/**
 * Explains which access a request gets, and why. The command `explain` and the API call this function.
 * @param config the configuration of the server that answers the request, with the trust rules of the database
 * @param now milliseconds since the epoch
 * @param identify verifies `jwt`, as the server does
 * @throws DockpassError `bad_host`, `no_such_user`, `no_such_token`; `bad_usage` for a JWT and a user
 */
export async function explainRequest(
  { host, user, token, jwt, address, scopes }: RequestToExplain,
  ports: Ports,
  config: Config,
  now: number,
  identify: Identify,
): Promise<Explanation> {
  if (jwt !== undefined && (user !== undefined || token !== undefined))
    throw new DockpassError(
      'bad_usage',
      'give either a JWT or a user: the trust rules decide as whom a JWT logs in',
    );
  const who: ExplainedSubject =
    jwt !== undefined
      ? await findJwtSubject(jwt, identify)
      : user === undefined
        ? { kind: 'anonymous' }
        : await findSubject(user, token, ports, config, now);
  const { issuer, service, tokens } = config;
  return explain(
    { host: parseHost(host), address, scopes, who },
    { ...policySettings(config), tokens: { issuer, service, ...tokens } },
  );
}
