// The only file that knows node-forge.
import { createPublicKey, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';

/** A private key and the certificate for its public half. */
export interface KeyAndCertificate {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

export interface CertificateContent {
  readonly commonName: string;
  readonly from: Date;
  readonly until: Date;
  readonly use: 'authority' | 'token signing' | { readonly server: readonly string[] };
}

const { asn1 } = forge;
// @types/node-forge leaves this one out.
const pki = forge.pki as typeof forge.pki & {
  getTBSCertificate(certificate: forge.pki.Certificate): forge.asn1.Asn1;
};

/** A certificate for `key`, signed with that same key: the start of a chain. The key must be RSA. */
export function selfSigned(key: KeyObject, content: CertificateContent): KeyAndCertificate {
  const certificate = unsigned(content);
  certificate.setIssuer(certificate.subject.attributes);
  return { key, certificate: seal(certificate, key, key) };
}

/** A certificate for `key`, signed by the authority. The authority's key must be RSA; `key` may be of any type. */
export function certify(
  key: KeyObject,
  content: CertificateContent,
  authority: KeyAndCertificate,
): KeyAndCertificate {
  const certificate = unsigned(content);
  certificate.setIssuer(pki.certificateFromPem(authority.certificate.toString()).subject.attributes);
  return { key, certificate: seal(certificate, key, authority.key) };
}

function unsigned(content: CertificateContent): forge.pki.Certificate {
  const certificate = pki.createCertificate();
  // Positive and without a leading zero byte (RFC 5280 section 4.1.2.2).
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  certificate.serialNumber = serial.toString('hex');
  certificate.validity.notBefore = content.from;
  certificate.validity.notAfter = content.until;
  certificate.setSubject([{ name: 'commonName', value: content.commonName }]);
  certificate.setExtensions(extensionsFor(content.use));
  certificate.signatureOid = certificate.siginfo.algorithmOid = pki.oids['sha256WithRSAEncryption'] ?? '';
  // A stand-in: forge has no EC keys, and demands some RSA key to write a TBSCertificate at all.
  certificate.publicKey = pki.setRsaPublicKey(new forge.jsbn.BigInteger('3'), new forge.jsbn.BigInteger('3'));
  return certificate;
}

function extensionsFor(use: CertificateContent['use']): object[] {
  if (use === 'authority') {
    return [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ];
  }
  const leaf = [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
  ];
  if (use === 'token signing') return leaf;
  const altNames = use.server.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name }));
  return [...leaf, { name: 'extKeyUsage', serverAuth: true }, { name: 'subjectAltName', altNames }];
}

/** Puts the real SubjectPublicKeyInfo into the TBSCertificate (RFC 5280 section 4.1) and signs it. */
function seal(certificate: forge.pki.Certificate, key: KeyObject, signer: KeyObject): X509Certificate {
  const tbs = pki.getTBSCertificate(certificate);
  const fields = tbs.value as forge.asn1.Asn1[];
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('binary');
  fields[6] = asn1.fromDer(spki);
  const signature = sign('sha256', Buffer.from(asn1.toDer(tbs).getBytes(), 'binary'), signer);
  const algorithm = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    asn1.create(
      asn1.Class.UNIVERSAL,
      asn1.Type.OID,
      false,
      asn1.oidToDer(certificate.signatureOid).getBytes(),
    ),
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.NULL, false, ''),
  ]);
  const whole = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    tbs,
    algorithm,
    // The leading zero says how many bits of the last byte are unused.
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, `\0${signature.toString('binary')}`),
  ]);
  return new X509Certificate(Buffer.from(asn1.toDer(whole).getBytes(), 'binary'));
}
