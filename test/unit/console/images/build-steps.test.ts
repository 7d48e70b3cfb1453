import { expect, test } from 'vitest';
import { formatWords, readRunSettings } from '../../../../src/console/model/images/configuration.ts';
import { formatInstruction } from '../../../../src/console/model/images/instruction.ts';
import { sortReferrers, summarizeReferrers, toolOf } from '../../../../src/console/model/images/kinds.ts';

test.each([
  ['/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'],
  ['/bin/sh -c apt-get update && rm -rf /var/lib', 'RUN apt-get update && rm -rf /var/lib'],
  ['RUN /bin/sh -c npm ci # buildkit', 'RUN npm ci'],
  ['RUN |2 A=1 B=two /bin/sh -c make # buildkit', 'RUN make'],
  ['|1 A=1 /bin/sh -c make', 'RUN make'],
  ['COPY . /app # buildkit', 'COPY . /app'],
  ['bazel build ...', 'bazel build ...'],
  ['', ''],
])('shows the build step %j as %j', (createdBy, instruction) => {
  expect(formatInstruction(createdBy)).toBe(instruction);
});

test('reads what an image runs, and leaves out members of the wrong type', () => {
  const settings = readRunSettings({
    config: {
      Entrypoint: ['/bin/app', 'two words'],
      Cmd: null,
      Env: ['PATH=/bin', 3],
      ExposedPorts: { '80/tcp': {} },
      Labels: { a: '<script>alert(1)</script>', c: 7 },
    },
  });
  expect(settings).toMatchObject({ command: [], environment: ['PATH=/bin'], ports: ['80/tcp'] });
  expect(settings.labels).toEqual({ a: '<script>alert(1)</script>' });
  expect(formatWords(settings.entrypoint)).toBe("/bin/app 'two words'");
});

test.each([{}, { config: [] }, { config: 'x' }, { config: { Entrypoint: 'x', Labels: [1] } }])(
  'reads the odd configuration %j without an error',
  (document) => {
    expect(readRunSettings(document)).toMatchObject({ entrypoint: [], labels: {} });
  },
);

const referrer = (
  kind: 'signature' | 'sbom' | 'artifact',
  artifactType: string | null,
  tag: string | null = null,
) => ({
  kind,
  artifactType,
  tag,
  digest: null,
});

test('names the program that has made a signature', () => {
  expect(toolOf(referrer('signature', null, `sha256-${'a'.repeat(64)}.sig`))).toBe('Cosign');
  expect(toolOf(referrer('signature', 'application/vnd.cncf.notary.signature'))).toBe('Notation');
  expect(toolOf(referrer('sbom', 'application/spdx+json'))).toBe('SPDX');
  expect(toolOf(referrer('artifact', 'application/x-unheard-of'))).toBeUndefined();
  expect(toolOf(referrer('artifact', null))).toBeUndefined();
});

test('shows signatures first', () => {
  const [sbom, other, signature] = [
    referrer('sbom', null),
    referrer('artifact', null),
    referrer('signature', null),
  ];
  expect(sortReferrers([other, sbom, signature])).toEqual([signature, sbom, other]);
  expect(summarizeReferrers([sbom, signature, signature])).toEqual(['signed', 'SBOM']);
});
