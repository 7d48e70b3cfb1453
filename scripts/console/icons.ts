import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

/**
 * Turns an import of `lucide-static/icons/NAME.svg` into a component of preact, so that the page needs no further
 * request for an icon and no inline markup.
 * @param root the folder of the repository
 */
export function icons(root: string): Plugin {
  const component = join(root, 'src/console/components/text/icon.tsx');
  const prefix = '\0icon:';
  return {
    name: 'icons',
    resolveId(source) {
      return /^lucide-static\/icons\/[a-z0-9-]+\.svg$/.test(source) ? `${prefix}${source}.js` : undefined;
    },
    load(id) {
      if (!id.startsWith(prefix)) return undefined;
      const file = join(root, 'node_modules', id.slice(prefix.length, -'.js'.length));
      const shapes = JSON.stringify(shapesOf(readFileSync(file, 'utf8')));
      return `import { createIcon } from ${JSON.stringify(component)};\nexport default createIcon(${shapes});\n`;
    },
  };
}

function shapesOf(svg: string): [string, Record<string, string>][] {
  const inner = /<svg[^>]*>([^]*)<\/svg>/.exec(svg)?.[1] ?? '';
  const elements = [...inner.matchAll(/<([a-z]+)\s([^>]*?)\/>/g)];
  if (elements.length === 0) throw new Error(`no shape in the icon: ${svg}`);
  return elements.map(([, name = '', attributes = '']) => [
    name,
    Object.fromEntries(
      [...attributes.matchAll(/([a-z0-9-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    ),
  ]);
}
