import { maxApiBodyLength } from '../../../src/http/body/body-limits.ts';
import { request as httpRequest } from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpenApi } from '../../../src/http/api/openapi/document.ts';
import { routes } from '../../../src/http/api/routes.ts';
import { administrator } from '../../support/api/client.ts';
import type { ApiLab, ExampleRequest } from '../../support/api/example.ts';
import { basic, exampleOf, namedRoutes, startLab } from '../../support/api/lab.ts';
import { privateHost } from '../../support/dockpass/issuer.ts';

// Every route with wrong types, too long, unknown, repeated and missing members. The members come from the OpenAPI
// document, so new routes are tested too.

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
const document = createOpenApi(routes, '0.0.0') as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'document', ...document });

let lab: ApiLab;
let before: string;

/** Everything in the database that a request could have changed. */
async function snapshot(): Promise<string> {
  const { users, groups, grants, robots, accessTokens, refreshTokens, auditLog } = lab.issuer.server.store;
  const rows = await Promise.all([
    ...[users.list(), groups.list(), grants.list(), robots.list(), accessTokens.list(), refreshTokens.list()],
    auditLog.list({ outcome: 'changed' }),
  ]);
  return JSON.stringify(rows);
}

interface RawAnswer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly errors?: readonly { readonly pointer: string }[] };
}

/** Sends exactly this path and body. */
function send(
  method: string,
  path: string,
  body?: string | Buffer,
  type = 'application/json',
): Promise<RawAnswer> {
  const { port } = lab.issuer;
  const headers = {
    Host: privateHost,
    Authorization: basic(administrator),
    ...(body !== undefined && { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ port, method, path: `/auth/api/v1${path}`, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          body: (text === '' ? {} : JSON.parse(text)) as RawAnswer['body'],
        });
      });
    });
    outgoing.on('error', reject).end(body);
  });
}

beforeAll(async () => {
  lab = await startLab();
});

const wrongValues = [
  null,
  1.5,
  -1,
  true,
  false,
  '',
  'x'.repeat(8000),
  [],
  ['x', null],
  {},
  { a: 1 },
  [[['x']]],
];

describe.each(namedRoutes)('%s', (name, route) => {
  const operation = document.paths[route.path]?.[route.method.toLowerCase()];
  const content = operation?.requestBody?.content['application/json'];
  const reference = content?.schema.$ref;
  const schema =
    reference === undefined
      ? content?.schema
      : document.components.schemas[reference.split('/').at(-1) ?? ''];
  const members = Object.entries(schema?.properties ?? {});
  let made: ExampleRequest;

  beforeAll(async () => {
    made = await exampleOf(name)(lab);
    before = await snapshot();
  });
  afterAll(async () => {
    expect(await snapshot(), 'a rejected request has changed something').toBe(before);
  });

  const expectPointer = (answer: RawAnswer, pointer: string, what: string): void => {
    expect([what, answer.status, answer.body.code]).toEqual([what, 400, 'bad_request']);
    const pointers = (answer.body.errors ?? []).map((fault) => fault.pointer);
    expect(
      pointers.some((found) => found === pointer || found.startsWith(`${pointer}/`)),
      `${what}: ${pointers.join(' ')}`,
    ).toBe(true);
  };

  if (members.length > 0)
    test('rejects members of the wrong type or length', async () => {
      for (const [member, memberSchema] of members) {
        const validate = compile(memberSchema);
        for (const value of wrongValues) {
          if (validate(value) === true && typeof value !== 'string') continue;
          if (validate(value) === true && typeof value === 'string' && value.length < 1000) continue;
          const answer = await send(
            route.method,
            made.path,
            JSON.stringify({ ...made.body, [member]: value }),
          );
          expectPointer(answer, `/${member}`, `${member} = ${JSON.stringify(value).slice(0, 40)}`);
        }
        if ((memberSchema as { type?: string }).type === 'string')
          expectPointer(
            await send(route.method, made.path, JSON.stringify({ ...made.body, [member]: 'a\0b' })),
            `/${member}`,
            `${member} with NUL`,
          );
      }
    });

  if (members.length > 0)
    test('rejects missing and repeated members', async () => {
      for (const member of schema?.required ?? []) {
        const { [member]: _, ...others } = made.body ?? {};
        expectPointer(
          await send(route.method, made.path, JSON.stringify(others)),
          `/${member}`,
          `no ${member}`,
        );
      }
      const [[member, value] = ['', undefined]] = Object.entries(made.body ?? {});
      const again = `${JSON.stringify(made.body ?? {}).slice(0, -1)},${JSON.stringify(member)}:${JSON.stringify(value)}}`;
      if (member !== '') expectPointer(await send(route.method, made.path, again), `/${member}`, 'repeated');
    });

  if (route.method !== 'GET')
    test('rejects unknown members, and bodies that are no JSON object', async () => {
      for (const member of ['unknown-1', '__proto__', 'constructor']) {
        const text = `{${JSON.stringify(member)}:1${JSON.stringify(made.body ?? {})
          .replace(/^\{(?=.*:)/, ',')
          .replace(/^\{/, '')}`;
        expectPointer(await send(route.method, made.path, text), `/${member}`, member);
      }
      const hostile = [
        'null',
        '[]',
        '"x"',
        '1',
        '{',
        '{"a":1,}',
        'a=1',
        `${'['.repeat(5000)}${']'.repeat(5000)}`,
        '\uFEFF{}',
      ];
      for (const text of hostile)
        expect([text.slice(0, 20), (await send(route.method, made.path, text)).status]).toEqual([
          text.slice(0, 20),
          400,
        ]);
      expect((await send(route.method, made.path, Buffer.from([0x22, 0xff, 0x22]))).status).toBe(400);
      expect((await send(route.method, made.path, JSON.stringify('x'.repeat(maxApiBodyLength)))).status).toBe(
        413,
      );
      const body = JSON.stringify(made.body ?? {});
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/json;charset=latin1',
        '',
      ])
        expect([type, (await send(route.method, made.path, body, type)).status]).toEqual([type, 415]);
    });

  test('rejects unknown, repeated and broken parameters', async () => {
    const { path } = made;
    const mark = path.includes('?') ? '&' : '?';
    const body = made.body && JSON.stringify(made.body);
    const query = async (text: string): Promise<RawAnswer> =>
      send(route.method, `${path}${mark}${text}`, body);
    expectPointer(await query('__proto__=1'), '/__proto__', '__proto__');
    for (const { in: place, name: parameter } of operation?.parameters ?? []) {
      if (place !== 'query') continue;
      expectPointer(await query(`${parameter}=a&${parameter}=a`), `/${parameter}`, `${parameter} twice`);
      if (path.includes(`${parameter}=`)) continue;
      expectPointer(await query(`${parameter}=${'x'.repeat(5000)}`), `/${parameter}`, `long ${parameter}`);
      expectPointer(await query(`${parameter}=a%00b`), `/${parameter}`, `${parameter} with NUL`);
    }
    expect((await query('%zz=1')).status).toBe(400);
  });

  if (route.path.includes('{'))
    test('answers hostile path parameters with 400 or 404', async () => {
      const body = made.body && JSON.stringify(made.body);
      const hostile = [
        '%00',
        '%ff',
        '%zz',
        'x'.repeat(3000),
        '..%2f..',
        "'%20or%201=1",
        '%F0%9F%92%A9',
        '__proto__',
        '%20',
      ];
      for (const parameter of hostile) {
        const path = route.path.replaceAll(/\{\w+\}/g, parameter);
        const { status } = await send(route.method, path, body);
        expect([parameter.slice(0, 20), [400, 404].includes(status), status]).toEqual([
          parameter.slice(0, 20),
          true,
          status,
        ]);
      }
    });
});

function compile(schema: Schema): ValidateFunction {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
  return ajv.compile(JSON.parse(text) as object);
}
