import { DockpassError, messageOf } from '../../errors.ts';

/**
 * Converts an error of the network into one that says what happened and what to do next.
 * @param server the server to which the request was sent
 */
export function connectionError(server: URL, cause: unknown): DockpassError {
  if (cause instanceof DockpassError) return cause;
  const code = codeOf(cause);
  const certificate = certificateFaults[code];
  if (certificate !== undefined)
    return new DockpassError(
      'server_certificate',
      `the connection to ${server.origin} is not secure, so nothing was sent: ${certificate}`,
      { cause },
    );
  const what = connectionFaults[code] ?? messageOf(cause);
  return new DockpassError('server_unreachable', `cannot reach ${server.origin}: ${what}.${hintFor(code)}`, {
    cause,
  });
}

const privateCa =
  'If a private certificate authority issued it, set NODE_EXTRA_CA_CERTS to the file with the certificate of this authority (PEM).';

const certificateFaults: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: `the certificate is self-signed. To trust it, set NODE_EXTRA_CA_CERTS to the file with this certificate (PEM).`,
  SELF_SIGNED_CERT_IN_CHAIN: `the certificate comes from an authority that this machine does not trust. ${privateCa}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `the certificate comes from an authority that this machine does not trust, or the server does not send the intermediate certificates. ${privateCa}`,
  UNABLE_TO_GET_ISSUER_CERT: `the certificate comes from an authority that this machine does not trust. ${privateCa}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `the certificate comes from an authority that this machine does not trust. ${privateCa}`,
  CERT_HAS_EXPIRED:
    'the certificate has expired. Renew the certificate of the server, or correct the clock of this machine.',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet. Check the clock of this machine.',
  CERT_REVOKED: 'the certificate was revoked. Install another certificate on the server.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another host name. Use the name that the certificate contains, or install a certificate for this name.',
};

const connectionFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed without an answer',
  EPIPE: 'the connection was closed without an answer',
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name cannot be looked up at the moment',
  ETIMEDOUT: 'there was no answer in time',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'the network is unreachable',
  EPROTO: 'the server does not speak TLS on this port',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS on this port',
  HPE_INVALID_CONSTANT: 'the server does not speak HTTP on this port',
};

function hintFor(code: string): string {
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return ' Check the port. If the server has no TLS, write http:// in front of the address.';
  if (code === 'HPE_INVALID_CONSTANT' || code === 'ECONNRESET')
    return ' Check the address and the port, and whether it begins with http:// or https://.';
  if (code === 'ENOTFOUND') return ' Check the address of the server.';
  return ' Check the address, and whether the server runs.';
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return '';
  const { code, errors } = cause as { code?: unknown; errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  // If a name has several addresses, the error contains one error for each of them.
  return errors?.[0] === undefined ? '' : codeOf(errors[0]);
}
