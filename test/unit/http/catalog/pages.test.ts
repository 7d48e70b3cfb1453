import { expect, test } from 'vitest';
import { html } from '../../../../src/http/catalog/html.ts';
import { pathOfRepository } from '../../../../src/http/catalog/pages.ts';

test('a template escapes values in text and in attributes, and inserts HTML unchanged', () => {
  const hostile = `"><script>'&`;
  const item = html`<b title="${hostile}">${hostile}</b>`;
  const escaped = '&#34;&#62;&#60;script&#62;&#39;&#38;';
  expect(item.text).toBe(`<b title="${escaped}">${escaped}</b>`);
  expect(html`${[item, '<', 1]}${undefined}${false}`.text).toBe(`${item.text}&#60;1`);
});

test('the path of a repository has its name, with unusual characters encoded', () => {
  expect(pathOfRepository('team/app')).toBe('/auth/repositories/team/app');
  expect(pathOfRepository('localhost:5000/app')).toBe('/auth/repositories/localhost%3A5000/app');
});
