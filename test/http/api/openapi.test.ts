import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { createOpenApi } from '../../../src/http/api/openapi/document.ts';
import { routes } from '../../../src/http/api/routes.ts';
import { statuses } from '../../../src/http/api/statuses.ts';
import { administrator, apiClient } from '../../support/api/client.ts';
import type { ApiLab } from '../../support/api/example.ts';
import { asUser, exampleOf, namedRoutes, sendExample, startLab } from '../../support/api/lab.ts';

interface Media {
  readonly schema: object;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
  }[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly tags: readonly { readonly name: string }[];
}

/** The document that allows only the members that it names, so that every member of an answer must be in it. */
const strict = createOpenApi(routes, '0.0.0', true) as unknown as Document;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'document', ...strict });

let lab: ApiLab;

beforeAll(async () => {
  lab = await startLab();
});

/** Checks a body against the schema of the document for this operation, status and media type. */
function expectDocumented(name: string, status: number, type: string, body: unknown): void {
  const [method = '', path = ''] = name.split(' ');
  const response = strict.paths[path]?.[method.toLowerCase()]?.responses[status];
  if (response === undefined)
    throw new Error(`${name} answers with ${status}, which the document does not name`);
  const media = response.content?.[type.split(';')[0] ?? ''];
  if (response.content === undefined) {
    expect(body).toEqual({});
    return;
  }
  if (media === undefined)
    throw new Error(`${name} answers ${status} as ${type}, which the document does not name`);
  const pointer = [
    'paths',
    path,
    method.toLowerCase(),
    'responses',
    String(status),
    'content',
    type.split(';')[0] ?? '',
    'schema',
  ]
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const validate = ajv.getSchema(`document#/${pointer}`);
  if (validate === undefined) throw new Error(`cannot compile the schema of ${name}`);
  expect(validate(body) ? [] : validate.errors).toEqual([]);
}

describe('every answer is described by the OpenAPI document', () => {
  test.each(namedRoutes)('%s', async (name, route) => {
    const example = exampleOf(name);
    const made = await example(lab);
    const answer = await sendExample(lab, route, made, asUser(administrator));
    expect([answer.status, answer.body]).toEqual([made.status, answer.body]);
    const isText = route.answerTypes !== undefined;
    expectDocumented(name, answer.status, answer.type, isText ? answer.text : answer.body);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    if (answer.status === 201 && route.path !== '/session')
      expect(answer.headers['location']).toMatch(/^\/auth\/api\/v1\//);
    if (route.access === 'anyone') return;

    const denied = await sendExample(lab, route, made, {});
    expect(denied.status).toBe(401);
    expect(denied.headers['www-authenticate']).toBe('Bearer realm="dockpass"');
    expectDocumented(name, denied.status, denied.type, denied.body);

    const invalid = await sendExample(
      lab,
      route,
      { ...made, path: `${made.path}${made.path.includes('?') ? '&' : '?'}unknown-1=1` },
      asUser(administrator),
    );
    expect(invalid.status).toBe(400);
    expect(invalid.body).toMatchObject({ errors: [{ in: 'query', pointer: '/unknown-1' }] });
    expectDocumented(name, invalid.status, invalid.type, invalid.body);
  });
});

describe('the OpenAPI document', () => {
  const operations = Object.entries(strict.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

  test('is served, and names every route', async () => {
    const answer = await apiClient(lab.issuer)('get', '/openapi.json');
    const { openapi, paths } = answer.body as Document & { openapi: string };
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).sort()).toEqual([...new Set(routes.map(({ path }) => path))].sort());
  });

  test('has only schemas that are valid JSON schemas', () => {
    for (const schema of Object.values(strict.components.schemas))
      expect(ajv.validateSchema(schema)).toBe(true);
    for (const { operation } of operations)
      for (const { content } of Object.values(operation.responses))
        for (const { schema } of Object.values(content ?? {})) expect(ajv.validateSchema(schema)).toBe(true);
  });

  test('has a unique id, a summary and a known tag for each operation', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = strict.tags.map(({ name }) => name);
    for (const { operation } of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
      for (const tag of operation.tags) expect(tags).toContain(tag);
    }
  });

  test('describes each parameter of each path, as required', () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      const described = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(described.map(({ name }) => name).sort()).toEqual(inPath);
      for (const { required } of described) expect(required).toBe(true);
    }
  });

  test('has no reference to a schema that is not there', () => {
    const references = [...JSON.stringify(strict).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(10);
    for (const [, name = ''] of references) expect(strict.components.schemas).toHaveProperty([name]);
  });

  test('names only error codes that have a status', () => {
    for (const { errors = [] } of routes) for (const code of errors) expect(statuses).toHaveProperty(code);
  });
});
