import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DockpassError } from '../../src/errors.ts';
import { formatHost, parseHost } from '../../src/net/host.ts';
import { spelledHost } from '../support/policy/arbitraries.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';

const odd = fc.constantFrom(
  ...['@', '/', '?', '#', '\\', ':', '.', '..', '%', '%2e', '[', ']', '_', '-', ',', ';', '|', '&', '"', '<'],
  ...[' ', '\t', '\n', '\r', '\0', '\x7f', '\u00ad', '\u200d', '\u3002', '\uff0e', '\ud800', 'ａ', 'é', 'ß'],
  ...[':80', ':443', ':0', ':99999', ':5000', ':٣', 'u@', 'u:p@', 'xn--', '0x7f', '::', '//', 'http://'],
);
/** A host with one to three odd texts in it. */
const nearHost = fc
  .tuple(spelledHost, fc.array(fc.tuple(fc.nat(40), odd), { minLength: 1, maxLength: 3 }))
  .map(([{ text }, insertions]) =>
    insertions.reduce((host, [at, put]) => host.slice(0, at) + put + host.slice(at), text),
  );
const anyHost = fc.oneof(
  { weight: 4, arbitrary: nearHost },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.stringMatching(/^[[\]:.a-f0-9@/?#]{0,20}$/) },
);

test('a text is a host, or is rejected with bad_host; a URL parser reads the same host', async () => {
  const counts = { read: 0, refused: 0 };
  const property = fc.property(anyHost, (text) => {
    const host = parsed(text);
    if (host === undefined) {
      counts.refused++;
      return;
    }
    counts.read++;
    const written = formatHost(host);
    expect(written).toMatch(/^[a-z0-9_.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/);
    expect(parseHost(written)).toEqual(host);
    // URL parsers read a name whose last label is a number as an IPv4 address, and decode internationalized names.
    if (/(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(host.name) || /(?:^|\.)xn--/.test(host.name)) return;
    const url = new URL(`http://${text}/`);
    expect([url.username, url.password, url.pathname, url.search, url.hash]).toEqual(['', '', '/', '', '']);
    expect(url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')).toBe(host.name);
    expect(url.port || undefined).toBe(
      host.port === undefined || host.port === 443 ? url.port || undefined : String(host.port),
    );
  });
  await fuzz(property, 50_000);
  // Make sure that enough of the texts were hosts, and enough of them were not.
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(1000);
});

function parsed(text: string): ReturnType<typeof parseHost> | undefined {
  try {
    return parseHost(text);
  } catch (error) {
    expect(error).toBeInstanceOf(DockpassError);
    expect(error).toMatchObject({ code: 'bad_host' });
    return undefined;
  }
}
