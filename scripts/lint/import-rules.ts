import type { IForbiddenRuleType } from 'dependency-cruiser';
import { layers, packageOwners } from './layers.ts';

const rooms = layers.flatMap((layer) => layer.rooms);

/** A regular expression that matches the files of these rooms. */
const filesOf = (names: readonly string[]): string =>
  `^src/(?:${names.map((name) => (name.endsWith('/') ? name : `${name.replace('.', '\\.')}$`)).join('|')})`;

for (const [index, { name, mayImport }] of rooms.entries()) {
  const below = new Set(rooms.slice(0, index).map((room) => room.name));
  const notBelow = mayImport.filter((imported) => !below.has(imported));
  if (notBelow.length > 0)
    throw new Error(`scripts/lint/layers.ts: ${name} must be listed after ${notBelow.join(', ')}`);
}

/** Rules of dependency-cruiser: no cycle, no import of a higher layer, no package outside the files that own it. */
export const importRules: IForbiddenRuleType[] = [
  {
    name: 'no-cycle',
    comment: 'Move the shared type or function into a file of its own.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'known-room',
    comment: 'Add the folder or file to scripts/lint/layers.ts.',
    severity: 'error',
    from: { path: '^src/', pathNot: filesOf(rooms.map(({ name }) => name)) },
    to: {},
  },
  ...rooms.map(({ name, mayImport }): IForbiddenRuleType => ({
    name: `imports-of-${name}`,
    comment: 'Import only from lower layers. scripts/lint/layers.ts lists the imports that are allowed.',
    severity: 'error',
    from: { path: filesOf([name]) },
    to: { path: '^src/', pathNot: filesOf([name, ...mayImport]) },
  })),
  ...Object.entries(packageOwners).map(([name, owner]): IForbiddenRuleType => ({
    name: `owner-of-${name}`,
    comment: `Only ${owner} may import ${name}.`,
    severity: 'error',
    from: { path: '^src/', pathNot: owner },
    to: { path: `(?:^|/)node_modules/(?:@types/)?${name}/` },
  })),
];
