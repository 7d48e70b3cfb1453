import { expect, test } from 'vitest';
import { csvHeader, toCsv, toJsonLines, type AuditItem } from '../../../../src/console/model/audit/export.ts';

const row: AuditItem = {
  id: '3stag409zq69',
  time: '2026-11-29T14:00:00.000Z',
  outcome: 'refused',
  name: 'alice',
  address: '192.0.2.7',
  client: 'docker/29.1.0',
  host: 'registry.example.com',
  realm: 'private',
  asked: 'repository:team/app:pull,push',
  granted: '',
  reason: 'forbidden',
  tokenId: '',
  times: 2,
};

test('writes one line for each row, with the columns of the header', () => {
  expect(csvHeader).toBe(
    'time,id,outcome,name,address,client,host,realm,asked,granted,reason,tokenId,times\r\n',
  );
  expect(toCsv([row])).toBe(
    '2026-11-29T14:00:00.000Z,3stag409zq69,refused,alice,192.0.2.7,docker/29.1.0,registry.example.com,private,"repository:team/app:pull,push",,forbidden,,2\r\n',
  );
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\r=1', '\n=1', '＝1', "=cmd|' /C calc'!A0"])(
  'a spreadsheet does not run the user agent %j as a formula',
  (client) => {
    const [, cell] = /192\.0\.2\.7,(.*),registry/s.exec(toCsv([{ ...row, client }])) ?? [];
    expect(cell).toMatch(/^"?'/);
  },
);

test('puts text with quotes, commas and line feeds in quotes', () => {
  expect(toCsv([{ ...row, client: 'a "b", c\nd' }])).toContain(',"a ""b"", c\nd",');
});

test('writes JSON lines that hold each row', () => {
  const lines = toJsonLines([row, { ...row, client: 'a\nb' }])
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => (JSON.parse(line) as AuditItem).client)).toEqual(['docker/29.1.0', 'a\nb']);
});
