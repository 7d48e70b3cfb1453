import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { browserslistToTargets, bundle as bundleCss } from 'lightningcss';
import { build, type OutputChunk } from 'rolldown';
import { icons } from './icons.ts';
import { renderIndex, type IndexFiles } from './index-html.ts';

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** The address under which src/http/console/ serves the folder `assets`. */
const base = '/auth/assets/';

export interface BundledConsole {
  /** The folders of the bundled libraries, for their licences and the bill of materials. */
  readonly libraries: readonly string[];
  /**
   * Writes `index.html`, and `assets/` with files whose names contain a hash of their content. Each file is also written
   * compressed with brotli and gzip, so that the server compresses nothing.
   */
  write(folder: string): Promise<void>;
}

/**
 * Bundles the web console.
 * @param root the folder of the repository
 */
export async function bundleConsole(root: string): Promise<BundledConsole> {
  const chunks = await bundleScripts(root);
  const style = bundleStyles(root);
  const icon = Buffer.from(favicon);
  const names = { style: `console-${hashOf(style)}.css`, icon: `icon-${hashOf(icon)}.svg` };
  const files = new Map<string, Uint8Array>([
    ...chunks.map(({ fileName, code }): [string, Uint8Array] => [`assets/${fileName}`, Buffer.from(code)]),
    [`assets/${names.style}`, style],
    [`assets/${names.icon}`, icon],
    ['index.html', Buffer.from(renderIndex(indexFiles(chunks, names)))],
  ]);
  return {
    libraries: librariesOf(root, chunks),
    async write(folder) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(join(folder, 'assets'), { recursive: true });
      await Promise.all([...files].map(([name, content]) => writeCompressed(join(folder, name), content)));
    },
  };
}

function indexFiles(chunks: readonly OutputChunk[], names: { style: string; icon: string }): IndexFiles {
  const entry = (name: string): OutputChunk => {
    const found = chunks.find((chunk) => chunk.isEntry && chunk.name === name);
    if (found === undefined) throw new Error(`the console has no entry ${name}`);
    return found;
  };
  const main = entry('console');
  return {
    theme: base + entry('theme').fileName,
    main: base + main.fileName,
    preload: main.imports.map((name) => base + name),
    style: base + names.style,
    icon: base + names.icon,
  };
}

function librariesOf(root: string, chunks: readonly OutputChunk[]): string[] {
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  const names = modules.flatMap((id) => /(?:node_modules\/|icon:)((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
  return [...new Set(names)].sort().map((name) => join(root, 'node_modules', name));
}

function bundleStyles(root: string): Uint8Array {
  return bundleCss({
    filename: join(root, 'src/console/styles/index.css'),
    minify: true,
    // The colors use light-dark(), which these versions support. Older targets would double each rule.
    targets: browserslistToTargets(['chrome 123', 'firefox 120', 'safari 17.5']),
  }).code;
}

async function bundleScripts(root: string): Promise<OutputChunk[]> {
  const [main, theme] = await Promise.all([
    bundleScript(root, { console: 'src/console/main.tsx' }, 'esm'),
    // The page runs this script before it shows anything, so it is no module, and a file of its own.
    bundleScript(root, { theme: 'src/console/theme.ts' }, 'iife'),
  ]);
  return [...main, ...theme];
}

async function bundleScript(
  root: string,
  input: Record<string, string>,
  format: 'esm' | 'iife',
): Promise<OutputChunk[]> {
  const { output } = await build({
    cwd: root,
    input,
    platform: 'browser',
    tsconfig: 'src/console/tsconfig.json',
    transform: { target: 'es2024' },
    plugins: [icons(root)],
    write: false,
    output: {
      format,
      minify: true,
      comments: false,
      entryFileNames: '[name]-[hash].js',
      chunkFileNames: '[name]-[hash].js',
      // What the screens share is one file, because many small files would be requested one after the other.
      ...(format === 'esm' && {
        codeSplitting: {
          groups: [{ name: 'shared', test: /src\/console\/(?:api|components|state)\/|node_modules|icon:/ }],
        },
      }),
    },
  });
  return output.filter((file) => file.type === 'chunk');
}

const hashOf = (content: Uint8Array): string =>
  createHash('sha256').update(content).digest('base64url').slice(0, 8).replaceAll('-', 'x');

async function writeCompressed(path: string, content: Uint8Array): Promise<void> {
  const [brotli, zipped] = await Promise.all([
    compressBrotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
    // Without a time stamp, so that two builds are equal. zlib writes none.
    compressGzip(content, { level: 9 }),
  ]);
  await Promise.all([
    writeFile(path, content),
    writeFile(`${path}.br`, brotli),
    writeFile(`${path}.gz`, zipped),
  ]);
}

/** A key, as on the sign-in page. The colors work on light and dark tabs. */
const favicon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2f6feb"/>' +
  '<g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">' +
  '<circle cx="12" cy="16" r="4.6"/><path d="M16.6 16H25M22 16v4"/></g></svg>';
