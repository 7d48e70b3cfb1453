import { layers } from './layers.ts';

const begin = '<!-- layers: npm run docs writes this table from scripts/lint/layers.ts -->';
const end = '<!-- end of layers -->';

/**
 * Replaces the table of layers in the page by the current one.
 * @throws Error if the page has no markers for the table
 */
export function withLayerTable(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page must contain ${begin} and, below it, ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${renderLayerTable()}\n\n${page.slice(to)}`;
}

/** Renders the table in Markdown, from the highest layer to the lowest. */
function renderLayerTable(): string {
  const rows = layers.flatMap((layer) =>
    layer.rooms.map(({ name, contains, mayImport }) => {
      return `| ${layer.name} | \`${name}\` | ${contains} | ${summarize(mayImport)} |`;
    }),
  );
  return ['| layer | where | what it contains | may import |', '|-|-|-|-|', ...rows.reverse()].join('\n');
}

/** Lists the allowed imports. A layer whose rooms are all allowed is listed once. */
function summarize(mayImport: readonly string[]): string {
  const parts = layers.flatMap(({ name: layer, rooms }) => {
    const allowed = rooms.filter(({ name }) => mayImport.includes(name));
    if (allowed.length === rooms.length && rooms.length > 1) return [`all of the ${layer}`];
    return allowed.map(({ name }) => `\`${name}\``);
  });
  return parts.join(', ') || 'nothing';
}
