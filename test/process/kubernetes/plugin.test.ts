import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { findPart, needs, part } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { pluginRequest, pluginResponse, writePlugin } from '../../support/kubernetes/plugin.ts';

// Runs the credential provider plugin with the shells that nodes have. There is no program on PATH, so a plugin that
// called another program would fail.

const host = 'reg.example.com:5000';
const token = `${'eyJhbGciOiJSUzI1NiJ9'.repeat(20)}.${'eyJpc3MiOiJodHRwczovLyJ9_-'.repeat(40)}.${'c2ln-_'.repeat(57)}`;

const shells = [
  ['dash', []],
  ['busybox', ['sh']],
  ['bash', ['--posix']],
] as const;

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe.each(shells)('the plugin under %s', (shell, args) => {
  needs(shell)('without other programs', () => {
    let file: string;
    let directory: string;
    beforeAll(async () => {
      ({ file } = await writePlugin(host));
      directory = await temporaryDirectory('empty');
    });

    const answer = (input: string | Buffer): Answer =>
      spawnSync(part(shell), [...args, file], {
        input,
        cwd: directory,
        env: { PATH: '' },
        encoding: 'utf8',
        timeout: 60_000,
      });
    const answerTo = (members: Readonly<Record<string, unknown>>): Answer =>
      answer(`${JSON.stringify(pluginRequest(members))}\n`);
    const failure = (input: string | Buffer): string => {
      const { status, stdout, stderr } = answer(input);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^dockpass-credential-provider: [^\n]+\.\n$/);
      expect(stderr).not.toContain('eyJ');
      return stderr;
    };

    test.each([
      ['a tag', 'team/app:1.2'],
      ['a digest', `team/app@sha256:${'a'.repeat(64)}`],
      ['a tag and a digest', `team/app:1@sha256:${'a'.repeat(64)}`],
      ['no tag', 'team/app'],
      ['a single name', 'app'],
    ])('gives the token for an image with %s', (_what, name) => {
      const { status, stdout, stderr } = answerTo({ image: `${host}/${name}`, serviceAccountToken: token });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual(pluginResponse(host, token));
    });

    test('reads JSON in any form: escape sequences, white space, other members, any order', () => {
      const escaped = (text: string): string =>
        Array.from(text, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
      const texts = [
        JSON.stringify(pluginRequest({ serviceAccountToken: token, image: `${host}/a` }), null, '\t'),
        `\r\n {"image" : "${host}\\/a\\/b:1" ,"serviceAccountToken":"${token}",
          "kind":"Credential${escaped('Provider')}Request",
          "apiVersion":"credentialprovider.kubelet.k8s.io\\/v1"} `,
        JSON.stringify(
          pluginRequest({
            other: [1, -2.5e3, true, null, { image: 'evil/a', serviceAccountToken: 'x.y.z' }, []],
            serviceAccountAnnotations: { serviceAccountToken: 'x.y.z', a: '","serviceAccountToken":"x.y.z' },
            image: `${host}/a`,
            serviceAccountToken: token,
            empty: {},
          }),
        ),
        `{"kind":"CredentialProviderRequest","apiVersion":"${escaped('credentialprovider.kubelet.k8s.io/v1')}","image":"${escaped(`${host}/a`)}","${escaped('serviceAccountToken')}":"${token}"}`,
      ];
      for (const text of texts) {
        const { stdout, stderr } = answer(text);
        expect(stderr).toBe('');
        expect(JSON.parse(stdout)).toEqual(pluginResponse(host, token));
      }
    });

    test('prints the same valid JSON whatever the name of the image contains', () => {
      const path = fc.string({
        unit: fc.oneof(
          fc.constantFrom('"', '\\', '\n', '\0', '/', '$', '`', '*', '}', '%'),
          fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
        ),
        maxLength: 30,
      });
      fc.assert(
        fc.property(path, fc.boolean(), (name, isPretty) => {
          const request = pluginRequest({ image: `${host}/${name}`, serviceAccountToken: token });
          const { stdout, stderr } = answer(JSON.stringify(request, null, isPretty ? 2 : 0));
          expect(stderr).toBe('');
          expect(JSON.parse(stdout)).toEqual(pluginResponse(host, token));
        }),
        { numRuns: 15 },
      );
    });

    test('gives no token to another registry', () => {
      const images = [
        ...['evil.example.com/a', `${host}`, `${host}.evil.com/a`, `evil.com/${host}/a`, 'reg.example.com/a'],
        ...[`x${host}/a`, `${host}@evil.com/a`, 'REG.example.com:5000/a', `${host} /a`, `"${host}/a`, '/a'],
        ...[`\\${host}/a`, `${host}"/a`, `\n${host}/a`],
      ];
      for (const image of images)
        expect(failure(JSON.stringify(pluginRequest({ image, serviceAccountToken: token })))).toContain(
          `the image is not in the registry ${host}`,
        );
    });

    test('gives a token only if it is a JWT, which has no character that is special in JSON', () => {
      const tokens = [
        'a',
        'a.b',
        'a.b.c.d',
        '.b.c',
        'a..c',
        'a.b.',
        'a.b.c"',
        'a.b.c\\',
        'a.b.c\n',
        'a.ü.c',
        'a.b c.d',
      ];
      for (const serviceAccountToken of tokens)
        expect(failure(JSON.stringify(pluginRequest({ image: `${host}/a`, serviceAccountToken })))).toContain(
          'is not a JWT',
        );
    });

    test.each([
      ['a request without a token', pluginRequest({ image: `${host}/a` }), /no token.*tokenAttributes/],
      [
        'a token that is not a text',
        pluginRequest({ image: `${host}/a`, serviceAccountToken: { a: token } }),
        /no token/,
      ],
      ['a request without an image', pluginRequest({ serviceAccountToken: token }), /no image/],
      [
        'another version of the request',
        { ...pluginRequest({ image: `${host}/a` }), apiVersion: 'credentialprovider.kubelet.k8s.io/v2' },
        /apiVersion.*credentialprovider\.kubelet\.k8s\.io\/v1/,
      ],
      [
        'another kind of object',
        { ...pluginRequest({ image: `${host}/a` }), kind: 'CredentialProviderResponse' },
        /not a CredentialProviderRequest/,
      ],
      ['an object without members', {}, /not a CredentialProviderRequest/],
    ])('explains %s', (_what, request, message) => {
      expect(failure(JSON.stringify(request))).toMatch(message);
    });

    test('rejects a member that occurs twice', () => {
      const request = JSON.stringify(pluginRequest({ image: `${host}/a`, serviceAccountToken: token }));
      for (const member of [`"image":"${host}/b"`, '"serviceAccountToken":"x.y.z"'])
        expect(failure(request.replace(/\}$/, `,${member}}`))).toContain('not valid JSON');
    });

    test('rejects a long request at once', () => {
      const annotations = { a: '"'.repeat(20_000) };
      const request = pluginRequest({ serviceAccountAnnotations: annotations, image: `${host}/a` });
      expect(failure(JSON.stringify(request))).toContain('longer than 16384 characters');
    });

    test.each([
      ['nothing', ''],
      ['a line break', '\n'],
      ['a text', 'hello'],
      ['a string', '"a"'],
      ['an array', '[]'],
      ['null', 'null'],
      ['zero bytes', Buffer.alloc(100)],
      ['all bytes', Buffer.from(Array.from({ length: 256 }, (_, at) => at))],
      ['a comment', '{/**/}'],
      ['a comma too many', '{"a":1,}'],
      ['a comma in front', '{,"a":1}'],
      ['a missing comma', '{"a":1 "b":2}'],
      ['a key without a value', '{"a"}'],
      ['brackets that do not fit', '{"a":[}]'],
      ['two values', '{}{}'],
      ['a line break in a string', '{"a":"b\nc"}'],
      ['an unknown escape sequence', String.raw`{"a":"\x41"}`],
      ['half an escape sequence', String.raw`{"a":"\u00`],
      ['shell commands', '$(exit 0) `exit 0` ; exit 0'],
    ])('rejects %s', (_what, input) => {
      failure(input);
    });

    test('gives a token only for a request that is valid JSON, also if a valid request is changed', () => {
      const valid = JSON.stringify(pluginRequest({ image: `${host}/a`, serviceAccountToken: token }));
      const insertions = [
        '"',
        '\\',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        ' ',
        '\n',
        '\0',
        'u',
        '/',
        'a',
        '.',
        'é',
        '\u2028',
      ];
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(), fc.nat(1), fc.constantFrom('', ...insertions)), {
            minLength: 1,
            maxLength: 2,
          }),
          (changes) => {
            let text = valid;
            for (const [place, removed, added] of changes) {
              const at = place % (text.length + 1);
              text = text.slice(0, at) + added + text.slice(at + removed);
            }
            const { status, stdout, stderr } = answer(text);
            expect(stderr).not.toContain('eyJ');
            if (status !== 0) {
              expect(stdout).toBe('');
              return;
            }
            // Shells leave out zero bytes.
            const read = JSON.parse(text.replaceAll('\0', '')) as {
              image: string;
              serviceAccountToken: string;
            };
            expect(read.image.startsWith(`${host}/`)).toBe(true);
            expect(JSON.parse(stdout)).toEqual(pluginResponse(host, read.serviceAccountToken));
          },
        ),
        { numRuns: 30 },
      );
    });
  });
});

test('the plugin uses /bin/sh, and no program but the shell', async () => {
  const { file } = await writePlugin(host);
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^#!\/bin\/sh\n/);
  expect(text).not.toContain('REGISTRY-HOST');
  expect(findPart('bash')).toBeDefined();
  expect(spawnSync(part('bash'), ['-n', file]).status).toBe(0);
  const { status, stdout } = spawnSync(file, {
    input: JSON.stringify(pluginRequest({ image: `${host}/a`, serviceAccountToken: token })),
    encoding: 'utf8',
    env: {},
  });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual(pluginResponse(host, token));
});
