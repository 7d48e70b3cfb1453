import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingKeys } from '../../../src/config/environment.ts';
import { renderSettingsReference, settingDescriptions } from '../../../src/config/settings-reference.ts';
import { operatorErrorCodes, requestErrorCodes } from '../../../src/errors.ts';
import { repository } from '../../support/run/environment.ts';

// Pages that say what the source says, in both directions.

function page(name: string): string {
  return readFileSync(join(repository, 'docs', name), 'utf8');
}

describe('docs/settings.md', () => {
  it('is what npm run docs makes of the schema', () => {
    expect(page('settings.md')).toBe(renderSettingsReference());
  });

  it('describes every setting, and none that is no more', () => {
    expect(Object.keys(settingDescriptions).sort()).toEqual(settingKeys().sort());
  });
});

describe('docs/errors.md', () => {
  const codesBelow = (heading: string): string[] => {
    const [, section = ''] = page('errors.md').split(`## ${heading}`);
    const table = section.split('\n## ')[0] ?? '';
    return [...table.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code = '']) => code);
  };

  it('has every code that a request may be refused with, once', () => {
    expect(codesBelow('Answers to requests').sort()).toEqual([...requestErrorCodes].sort());
  });

  it('has every code that a command may be refused with, once', () => {
    expect(codesBelow('Refusals of commands').sort()).toEqual([...operatorErrorCodes].sort());
  });

  it('gives each code a meaning and a fix', () => {
    for (const line of page('errors.md').match(/^\| `.*$/gm) ?? [])
      for (const cell of line.split(' | ')) expect(cell.trim()).not.toBe('');
  });
});

describe('links', () => {
  const pages = readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));

  it.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...pages])('%s leads nowhere wrong', (name) => {
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

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
