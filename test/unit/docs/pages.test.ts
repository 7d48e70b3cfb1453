import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settingKeys } from '../../../src/config/environment.ts';
import { renderSettingsReference, settingDescriptions } from '../../../src/config/settings-reference.ts';
import { apiErrorCodes, operatorErrorCodes, requestErrorCodes } from '../../../src/errors.ts';
import { createOpenApi } from '../../../src/http/api/openapi/document.ts';
import { routes } from '../../../src/http/api/routes.ts';
import about from '../../../package.json' with { type: 'json' };
import { repository } from '../../support/run/environment.ts';

// These pages repeat facts from the source code. The tests compare the pages with the source code.

function page(name: string): string {
  return readFileSync(join(repository, 'docs', name), 'utf8');
}

describe('docs/settings.md', () => {
  test('is what npm run docs generates from the schema', () => {
    expect(page('settings.md')).toBe(renderSettingsReference());
  });

  test('describes exactly the settings that exist', () => {
    expect(Object.keys(settingDescriptions).sort()).toEqual(settingKeys().sort());
  });
});

describe('docs/openapi.json', () => {
  test('is what npm run docs generates from the routes', () => {
    const generated = JSON.parse(JSON.stringify(createOpenApi(routes, about.version))) as unknown;
    expect(JSON.parse(page('openapi.json'))).toEqual(generated);
  });
});

describe('docs/errors.md', () => {
  const codesBelow = (heading: string): string[] => {
    const [, section = ''] = page('errors.md').split(`## ${heading}`);
    const table = section.split('\n## ')[0] ?? '';
    return [...table.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code = '']) => code);
  };

  test('has every error code of a request, once', () => {
    expect(codesBelow('Errors of requests').sort()).toEqual([...requestErrorCodes].sort());
  });

  test('has every error code of a command, once', () => {
    expect(codesBelow('Errors of commands').sort()).toEqual([...operatorErrorCodes].sort());
  });

  test('has every error code of the administration API, once', () => {
    expect(codesBelow('Errors of the administration API').sort()).toEqual([...apiErrorCodes].sort());
  });

  test('gives each code a meaning and a fix', () => {
    for (const line of page('errors.md').match(/^\| `.*$/gm) ?? [])
      for (const cell of line.split(' | ')) expect(cell.trim()).not.toBe('');
  });
});

describe('links', () => {
  const linked = (name: string): string[] =>
    [...readFileSync(join(repository, name), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)/g)].map(
      ([, path = '']) => join(dirname(name), path),
    );

  test.each(['README.md', 'docs/README.md'])('%s links every page', (name) => {
    const pages = ['docs', 'docs/trust'].flatMap((folder) =>
      readdirSync(join(repository, folder))
        .filter((file) => file.endsWith('.md') && file !== 'README.md')
        .map((file) => join(folder, file)),
    );
    expect(pages.length).toBeGreaterThan(30);
    expect(linked(name)).toEqual(expect.arrayContaining(pages));
  });

  const pages = readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));

  test.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...pages])('%s has no dead link', (name) => {
    const text = readFileSync(join(repository, name), 'utf8');
    const dead = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)].flatMap(
      ([, path = '', anchor]) => {
        const target = path === '' ? join(repository, name) : join(repository, dirname(name), path);
        if (!existsSync(target)) return [relative(repository, target)];
        if (anchor === undefined) return [];
        return anchorsOf(readFileSync(target, 'utf8')).includes(anchor) ? [] : [`${path}#${anchor}`];
      },
    );
    expect(dead).toEqual([]);
  });
});

/** Returns the anchors that GitHub creates for the headings of a page. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
