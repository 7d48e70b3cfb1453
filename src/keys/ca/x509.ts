// This is the only file that imports node-forge.
import { createHash, createPublicKey, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';

/** A private key and the certificate for the matching public key. */
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
type Asn1 = forge.asn1.Asn1;
// The type declarations of node-forge do not include getTBSCertificate.
const pki = forge.pki as typeof forge.pki & {
  getTBSCertificate(certificate: forge.pki.Certificate): Asn1;
};

/** Creates a self-signed certificate for `key`. Such a certificate is the root of a certificate chain. */
export function selfSigned(key: KeyObject, content: CertificateContent): KeyAndCertificate {
  return { key, certificate: issueCertificate(content, key, key, undefined) };
}

/**
 * Creates a certificate for `key`, signed by the CA. `key` may be RSA, EC or Ed25519. The key of the CA may be RSA or
 * EC.
 */
export function certify(
  key: KeyObject,
  content: CertificateContent,
  authority: KeyAndCertificate,
): KeyAndCertificate {
  return { key, certificate: issueCertificate(content, key, authority.key, authority.certificate) };
}

/**
 * node-forge supports only RSA keys. Therefore node-forge writes the TBSCertificate (RFC 5280 section 4.1) with a
 * placeholder RSA key. Then this function replaces the fields that depend on the real key, and Node signs the result.
 */
function issueCertificate(
  content: CertificateContent,
  key: KeyObject,
  signer: KeyObject,
  issuer: X509Certificate | undefined,
): X509Certificate {
  const tbs = pki.getTBSCertificate(template(content, keyIdentifiers(key, issuer)));
  const fields = tbs.value as Asn1[];
  const algorithm = signatureAlgorithm(signer);
  const subject = fields[5];
  const issuerName = issuer === undefined ? subject : subjectOf(issuer);
  if (subject === undefined || issuerName === undefined)
    throw new Error('node-forge created a certificate without a subject or an issuer');
  fields[2] = algorithm;
  fields[3] = issuerName;
  fields[6] = fromDer(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const signature = sign('sha256', toDer(tbs), signer);
  // The first byte of a BIT STRING is the number of unused bits in the last byte. A signature has no unused bits.
  const bits = asn1.create(
    asn1.Class.UNIVERSAL,
    asn1.Type.BITSTRING,
    false,
    `\0${signature.toString('binary')}`,
  );
  const whole = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [tbs, algorithm, bits]);
  return new X509Certificate(toDer(whole));
}

function template(content: CertificateContent, identifiers: readonly object[]): forge.pki.Certificate {
  const certificate = pki.createCertificate();
  // The serial number is positive and has no leading zero byte (RFC 5280 section 4.1.2.2).
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  certificate.serialNumber = serial.toString('hex');
  certificate.validity.notBefore = content.from;
  certificate.validity.notAfter = content.until;
  certificate.setSubject([{ name: 'commonName', value: content.commonName }]);
  certificate.setIssuer([{ name: 'commonName', value: content.commonName }]);
  certificate.setExtensions([...extensionsFor(content.use), ...identifiers]);
  certificate.signatureOid = certificate.siginfo.algorithmOid = oid('sha256WithRSAEncryption');
  certificate.publicKey = pki.setRsaPublicKey(new forge.jsbn.BigInteger('3'), new forge.jsbn.BigInteger('3'));
  return certificate;
}

function extensionsFor(use: CertificateContent['use']): object[] {
  if (use === 'authority') {
    return [
      // With the path length 0, the CA can issue leaf certificates, but no other CA (RFC 5280 section 4.2.1.9).
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
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

/**
 * Returns the certificate extensions for the authority key identifier and the subject key identifier (RFC 5280 sections
 * 4.2.1.1 and 4.2.1.2). Strict verifiers require both (openssl -x509_strict, Python 3.13 and newer). The extensions are
 * passed to node-forge as DER. Otherwise node-forge would compute the identifiers from the RSA key that
 * `issueCertificate` uses as a placeholder, and not from the real key.
 */
function keyIdentifiers(key: KeyObject, issuer: X509Certificate | undefined): object[] {
  const subjects = identifierOf(createPublicKey(key));
  const issuers = issuer === undefined ? subjects : (identifierIn(issuer) ?? identifierOf(issuer.publicKey));
  const octets = (tag: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
  return [
    { id: '2.5.29.14', value: octets(0x04, subjects).toString('binary') },
    { id: '2.5.29.35', value: octets(0x30, octets(0x80, issuers)).toString('binary') },
  ];
}

/** Returns the key identifier for a public key: the leftmost 160 bits of its SHA-256 hash (RFC 7093 section 2). */
function identifierOf(publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

/**
 * Returns the subject key identifier that a certificate contains. It is read from the certificate and not computed,
 * because the CA of your own PKI may use another method than `identifierOf`.
 */
function identifierIn(certificate: X509Certificate): Buffer | undefined {
  const extension = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0e, 0x04]);
  const at = certificate.raw.indexOf(extension);
  if (at < 0) return undefined;
  // The identifier is an OCTET STRING inside another OCTET STRING, so two tags and two lengths come before its bytes.
  const start = at + extension.length + 3;
  return certificate.raw.subarray(start, start + (certificate.raw[start - 1] ?? 0));
}

/**
 * Returns the AlgorithmIdentifier of a signature. For sha256WithRSAEncryption, the parameters field is NULL (RFC 4055
 * section 5). For ecdsa-with-SHA256, there is no parameters field (RFC 5758 section 3.2).
 */
function signatureAlgorithm(signer: KeyObject): Asn1 {
  const rsa = signer.asymmetricKeyType === 'rsa';
  const name = asn1.oidToDer(rsa ? oid('sha256WithRSAEncryption') : '1.2.840.10045.4.3.2').getBytes();
  const parts = [asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, name)];
  if (rsa) parts.push(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.NULL, false, ''));
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, parts);
}

/**
 * Returns the subject of a certificate in its original encoding, because verifiers compare names byte by byte.
 */
function subjectOf(certificate: X509Certificate): Asn1 | undefined {
  const tbs = (fromDer(certificate.raw).value as Asn1[])[0];
  return (tbs?.value as Asn1[] | undefined)?.[5];
}

function oid(name: string): string {
  return pki.oids[name] ?? '';
}

function fromDer(bytes: Buffer): Asn1 {
  return asn1.fromDer(bytes.toString('binary'));
}

function toDer(object: Asn1): Buffer {
  return Buffer.from(asn1.toDer(object).getBytes(), 'binary');
}
