import { expect, test } from 'vitest';
import { html } from '../../../../src/http/catalog/html.ts';
import { formatSize, pathOfRepository } from '../../../../src/http/catalog/pages.ts';

test('a template escapes values in text and in attributes, and inserts HTML unchanged', () => {
  const hostile = `"><script>'&`;
  const item = html`<b title="${hostile}">${hostile}</b>`;
  const escaped = '&#34;&#62;&#60;script&#62;&#39;&#38;';
  expect(item.text).toBe(`<b title="${escaped}">${escaped}</b>`);
  expect(html`${[item, '<', 1]}${undefined}${false}`.text).toBe(`${item.text}&#60;1`);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1_234, '1.23 kB'],
  [12_345_678, '12.3 MB'],
  [999_999_999, '1000 MB'],
  [5_000_000_000, '5 GB'],
  [Number.MAX_SAFE_INTEGER, '9007 TB'],
])('the size %d is %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test('the path of a repository has its name, with unusual characters encoded', () => {
  expect(pathOfRepository('team/app')).toBe('/auth/repositories/team/app');
  expect(pathOfRepository('localhost:5000/app')).toBe('/auth/repositories/localhost%3A5000/app');
});
