import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Request, RequestHandler, Response } from 'express';
import { DockpassError } from '../../errors.ts';
import { packageFolder } from '../../package-folder.ts';

/** The folder that `npm run build` writes (scripts/console/). */
const folder = fileURLToPath(new URL('dist/console/', packageFolder));

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Names of the build: no folder, so that a path cannot leave the folder. */
const assetName = /^[A-Za-z0-9_-]+\.(js|css|svg)$/;

/**
 * Answers `GET /auth/assets/NAME`. The name contains a hash of the content, so a browser asks only once for each file.
 * @throws DockpassError `not_found`
 */
export const sendAsset: RequestHandler = async (request, response) => {
  const [name = ''] = [request.params['name']].flat();
  const ending = assetName.exec(name)?.[1];
  if (ending === undefined) throw noAsset(name);
  response.set('Cache-Control', 'public, max-age=31536000, immutable');
  await sendFile(request, response, join('assets', name), ending).catch((error: unknown) => {
    response.removeHeader('Cache-Control');
    throw error;
  });
};

/** Answers with the page of the console. */
export async function sendIndex(request: Request, response: Response): Promise<void> {
  // The page names the files of this version, so a browser must ask for it each time.
  response.set('Cache-Control', 'no-cache');
  await sendFile(request, response, 'index.html', 'html');
}

/** Sends a file of the build, compressed if the client accepts that. */
async function sendFile(request: Request, response: Response, name: string, ending: string): Promise<void> {
  const encoding = request.acceptsEncodings('br', 'gzip', 'identity') || 'identity';
  const suffix = { br: '.br', gzip: '.gz' }[encoding] ?? '';
  const content = await readFile(join(folder, name + suffix)).catch((error: unknown) => {
    if (name === 'index.html')
      throw new DockpassError('unavailable', 'the console is not built. Run npm run build.', {
        cause: error,
      });
    throw noAsset(name);
  });
  response.set({ 'Content-Type': types[ending], Vary: 'Accept-Encoding' });
  if (suffix !== '') response.set('Content-Encoding', encoding);
  // As a Buffer and with end(), because express would add a charset or an ETag to what it sends itself.
  response.set('Content-Length', String(content.length));
  response.end(request.method === 'HEAD' ? undefined : content);
}

function noAsset(name: string): DockpassError<'not_found'> {
  return new DockpassError(
    'not_found',
    `the console has no file ${JSON.stringify(name.slice(0, 200))}. Load the page again.`,
  );
}
