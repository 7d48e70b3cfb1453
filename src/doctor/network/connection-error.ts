import { messageOf } from '../../errors.ts';

/**
 * Describes why a connection failed. The messages of OpenSSL name C functions and source files, so this function
 * replaces them by a sentence about the server.
 */
export function describeConnectionError(error: unknown): string {
  const text = messageOf(error);
  if (
    /wrong version number|packet length too long|record layer failure|http request|unknown protocol/i.test(
      text,
    )
  )
    return 'the server answers in plain text, without TLS';
  if (/socket disconnected before secure TLS|ECONNRESET/.test(text))
    return 'the server closed the connection';
  const alert = /(?:ssl|tls)v[\d_]+ (?:alert )?([a-z][a-z ]+)/i.exec(text)?.[1];
  if (alert !== undefined) return `the server rejected the TLS handshake (${alert.trim()})`;
  if (/SSL routines|EPROTO|OpenSSL/i.test(text)) return 'the TLS handshake failed';
  return text;
}
