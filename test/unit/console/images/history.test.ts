import { expect, test } from 'vitest';
import { formatWords, readConfiguration } from '../../../../src/console/model/images/configuration.ts';
import { formatInstruction, historyRows } from '../../../../src/console/model/images/history.ts';
import { readDescriptors } from '../../../../src/console/model/images/manifest.ts';

const layers = readDescriptors(
  ['1', '2', '3'].map((letter) => ({ digest: `sha256:${letter.repeat(64)}`, size: Number(letter) })),
);

test.each([
  ['/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'],
  ['/bin/sh -c apt-get update && rm -rf /var/lib', 'RUN apt-get update && rm -rf /var/lib'],
  ['RUN /bin/sh -c npm ci # buildkit', 'RUN npm ci'],
  ['RUN |2 A=1 B=two /bin/sh -c make # buildkit', 'RUN make'],
  ['|1 A=1 /bin/sh -c make', 'RUN make'],
  ['COPY . /app # buildkit', 'COPY . /app'],
  ['bazel build ...', 'bazel build ...'],
  ['', ''],
])('shows %j as %j', (createdBy, instruction) => {
  expect(formatInstruction(createdBy)).toBe(instruction);
});

test('joins each step that changed files with its layer', () => {
  const configuration = readConfiguration({
    history: [
      { created: '2026-11-01T10:00:00Z', created_by: '/bin/sh -c #(nop) ADD file:a in / ' },
      { created_by: 'ENV A=1', empty_layer: true },
      { created_by: 'RUN /bin/sh -c make # buildkit', comment: 'buildkit.dockerfile.v0' },
    ],
  });
  const rows = historyRows(configuration, layers.slice(0, 2));
  expect(rows.map(({ number, layer }) => [number, layer?.size])).toEqual([
    [1, 1],
    [2, undefined],
    [3, 2],
  ]);
});

test('shows each layer once, although an image without a history says nothing about it', () => {
  expect(historyRows({ history: [] }, layers).map(({ layer }) => layer?.size)).toEqual([1, 2, 3]);
});

test('shows steps without a layer if the history is longer than the list of layers', () => {
  const { history } = readConfiguration({ history: [{ created_by: 'a' }, { created_by: 'b' }] });
  expect(historyRows({ history }, layers.slice(0, 1)).map(({ layer }) => layer?.size)).toEqual([
    1,
    undefined,
  ]);
});

test('reads what the image runs, and ignores members of the wrong type', () => {
  const read = readConfiguration({
    os: 'linux',
    architecture: 'arm64',
    created: '1970-01-01T00:00:00Z',
    config: {
      Entrypoint: ['/bin/app', 'two words'],
      Cmd: null,
      Env: ['PATH=/bin', 3],
      ExposedPorts: { '80/tcp': {} },
      Labels: { b: '2', a: '<script>alert(1)</script>', c: 7 },
    },
  });
  expect(read).toMatchObject({
    createdAt: undefined,
    command: [],
    environment: ['PATH=/bin'],
    ports: ['80/tcp'],
  });
  expect([...read.labels.keys()]).toEqual(['a', 'b']);
  expect(formatWords(read.entrypoint)).toBe("/bin/app 'two words'");
});

test.each([undefined, null, [], 'x', { history: 'x', config: [] }])('reads %j without an error', (json) => {
  expect(readConfiguration(json).history).toEqual([]);
});
