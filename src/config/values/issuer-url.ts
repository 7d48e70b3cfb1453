import { presetNames } from '../../trust/presets.ts';
import { didYouMean } from '../did-you-mean.ts';

/** What the issuer of a trust rule and the location of its keys can be. */

export const wantedIssuer = `must be ${presetNames.join(', ')}, or the https URL of an issuer, such as https://gitlab.example.com`;
export const wantedKeys =
  'must be the path of a file with a key set (JWKS), or its https URL without a user name and a fragment';

/** Returns what is wrong with the issuer of a rule, or undefined. */
export function faultOfIssuer(text: string): string | undefined {
  if (presetNames.some((preset) => preset === text)) return undefined;
  if (/^http:/i.test(text)) return 'must be an https URL, because keys that come over http can be forged';
  if (/^https:/i.test(text) && isHttpsUrl(text)) return undefined;
  if (/^https:/i.test(text))
    return 'must be an https URL without a user name, "?", "#" and white space, exactly as in the claim iss of the JWT';
  const meant = didYouMean(text, presetNames);
  return meant === undefined ? wantedIssuer : `${wantedIssuer}. Did you mean ${meant}?`;
}

function isHttpsUrl(text: string): boolean {
  if (!/^https:\/\/[^/\s?#\\][^\s?#\\]*$/i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '' && !/^https:\/\/[^/]*@/i.test(text);
}

/** Returns true if the text can be the path or the https URL of a key set. */
export function isKeyLocation(text: string): boolean {
  if (text.trim() === '') return false;
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) return true;
  return isKeyUrl(text);
}

/** Returns true if the text is the https URL of a key set. */
export function isKeyUrl(text: string): boolean {
  if (!/^https:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password, hash } = new URL(text);
  return username === '' && password === '' && hash === '';
}

/**
 * Returns true if the host is an IP address, a name without a dot, or a name that never belongs to the public internet
 * (RFC 6761, RFC 9476). A public name can still have a private address: the addresses are checked when keys are
 * fetched.
 */
export function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/\.+$/, '');
  return (
    /^[\d.]+$|^\[/.test(host) ||
    !host.includes('.') ||
    /\.(?:localhost|local|internal|lan|home\.arpa|intranet)$/.test(host)
  );
}
