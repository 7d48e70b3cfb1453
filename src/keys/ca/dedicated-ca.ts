import type { X509Certificate } from 'node:crypto';

/**
 * Says why a CA from your own PKI is not dedicated to dockpass. If a token is signed with a certificate of a CA in the
 * trust bundle, the registry accepts it with any content. So anyone else who holds a certificate of that CA can sign
 * tokens that give all rights. A CA is dedicated to dockpass if it cannot issue other CAs (path length 0), and if its
 * subject says that it was created for dockpass.
 * @returns the beginning of a sentence without a full stop; undefined if the CA is dedicated to dockpass
 */
export function whyShared(certificate: X509Certificate): string | undefined {
  const faults = [
    ...(pathLengthOf(certificate) === 0 ? [] : ['its path length is not 0']),
    ...(isMarked(certificate) ? [] : ['its subject has no CN or OU with the word dockpass']),
  ];
  if (faults.length === 0) return undefined;
  return `the certificate authority ${subjectOf(certificate)} is not dedicated to dockpass: ${faults.join(', and ')}`;
}

/** What to do about a CA that is not dedicated to dockpass: sentences for a message. */
export const dedicatedCaFix =
  'Issue a sub-CA for dockpass alone, with "basicConstraints = critical, CA:TRUE, pathlen:0" and, for example, the subject "/O=Example/OU=dockpass/CN=Token signing". Set keys.authority.certificate and keys.authority.key to the files of this sub-CA. Or set keys.mode: kid, so that registries trust only leaf certificates.';

function isMarked({ subject }: X509Certificate): boolean {
  return subject.split(/[\n+]/).some((part) => /^\s*(?:CN|OU)=.*\bdockpass\b/i.test(part));
}

export function subjectOf({ subject }: X509Certificate): string {
  return JSON.stringify(subject.replaceAll('\n', ', '));
}

/** The object identifier of the extension basicConstraints in DER: 2.5.29.19. */
const basicConstraints = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x13]);

/**
 * Reads the path length from the extension basicConstraints (RFC 5280 section 4.2.1.9). Node has no function for this,
 * and node-forge would have to be loaded at each start.
 * @returns undefined if there is no limit, or if the limit is greater than 127
 */
function pathLengthOf({ raw }: X509Certificate): number | undefined {
  const at = raw.indexOf(basicConstraints);
  if (at < 0) return undefined;
  // The extension is: OID, optional BOOLEAN critical, OCTET STRING { SEQUENCE { BOOLEAN cA, INTEGER pathLen } }.
  const rest = raw.subarray(at + basicConstraints.length);
  const isCritical = rest[0] === 0x01 && rest[1] === 1;
  const text = isCritical ? rest.subarray(3) : rest;
  const expected = Buffer.from([0x04, 8, 0x30, 6, 0x01, 1, 0xff, 0x02, 1]);
  return text.subarray(0, expected.length).equals(expected) ? text[expected.length] : undefined;
}
