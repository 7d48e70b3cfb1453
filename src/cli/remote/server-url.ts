import { DockpassError } from '../../errors.ts';
import { canSignIn } from '../../realm/cookie-host.ts';

/**
 * Parses the address of a server, such as `https://registry.example.com` or `registry.example.com`. Without a scheme,
 * the address is one of HTTPS.
 * @param source where the text comes from, for error messages, such as `--url`
 * @returns the origin, such as `https://registry.example.com`
 * @throws DockpassError `bad_usage`
 */
export function parseServerUrl(text: string, source: string): URL {
  const complete = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(complete) ? new URL(complete) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new DockpassError(
      'bad_usage',
      `${source} must be the address of a dockpass server, such as https://registry.example.com, not ${JSON.stringify(text.slice(0, 200))}`,
    );
  if (url.username !== '' || url.password !== '')
    throw new DockpassError(
      'bad_usage',
      `${source} must not contain a user name or a password. Run "dockpass login ${url.origin}", or set DOCKPASS_TOKEN.`,
    );
  // The paths of the console and of the API are accepted, because people copy them from the browser.
  if (!/^(?:\/|\/auth\/?|\/auth\/api\/v1\/?)$/.test(url.pathname) || url.search !== '')
    throw new DockpassError(
      'bad_usage',
      `${source} must not contain a path. Use ${url.origin}, because the administration API is always below /auth/api/v1/ of the host.`,
    );
  return new URL(url.origin);
}

/** Returns true if others in the network could read a password or a token that is sent to this server. */
export function isReadableInNetwork({ protocol, hostname }: URL): boolean {
  return !canSignIn(protocol === 'https:' ? 'https' : 'http', hostname.replace(/^\[|\]$/g, ''));
}
