import type { NamedAdmin } from '../admin/bootstrap-admin.ts';
import type { Environment } from '../config/environment.ts';
import { loadConfig, type Config, type Flags } from '../config/load.ts';
import { DockpassError, messageOf } from '../errors.ts';
import { requirePasswordRules } from '../identity/password/password-rules.ts';
import { Secret, withoutLineEnding } from '../secret.ts';
import { parseNewUserName } from '../identity/user-name.ts';

/**
 * Loads the configuration for `dockpass up`. In addition to the usual settings, this function reads the environment
 * variables `user`, `pass` and `public_domain`. Another container image, which many users ran before they changed to
 * dockpass, reads these variables (docs/coming-from-one-container-proxy.md). So existing `docker run` commands may
 * still set them. That image serves plain HTTP behind a TLS proxy. Therefore, if one of the variables is set, the
 * default of `up.tls` is `off`.
 * @throws DockpassError `bad_configuration`, `bad_name`
 */
export async function loadUpConfig(options: {
  file?: string | undefined;
  environment: Environment;
  flags: Flags;
}): Promise<{ config: Config; admin: NamedAdmin | undefined }> {
  const { user, pass, public_domain: domains } = options.environment;
  const admin = readAdmin(user, pass);
  const config = await loadConfig(options);
  if (admin === undefined && !domains) return { config, admin };
  const environment = { ...options.environment };
  if (domains && environment['DOCKPASS_PUBLIC_DOMAINS'] === undefined)
    environment['DOCKPASS_PUBLIC_DOMAINS'] = domains;
  if (!config.origins.has('up.tls')) environment['DOCKPASS_UP_TLS'] = 'off';
  return { config: await loadConfig({ ...options, environment }), admin };
}

function readAdmin(user: string | undefined, pass: string | undefined): NamedAdmin | undefined {
  if (!user && !pass) return undefined;
  if (!user || !pass) {
    throw new DockpassError(
      'bad_configuration',
      `the environment variable ${user ? '"user" is set, but "pass" is not' : '"pass" is set, but "user" is not'}. Set both variables, or neither.`,
    );
  }
  const password = new Secret(withoutLineEnding(pass));
  try {
    // `passwords.minLength` does not apply to this password.
    requirePasswordRules(password, 1);
  } catch (cause) {
    throw new DockpassError(
      'bad_configuration',
      `the value of the environment variable "pass" cannot be used: ${messageOf(cause)}`,
      { cause },
    );
  }
  return { name: parseNewUserName(withoutLineEnding(user)), password };
}
