import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { initEnvironment, startWritten } from '../support/edge/written-files.ts';
import { dockpassHome } from '../support/dockpass/dockpass.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { basic } from '../support/network/raw-http.ts';
import { run, succeeded } from '../support/process/run.ts';
import { afterwards } from '../support/run/afterwards.ts';
import { needs, part } from '../support/run/parts.ts';
import { freePorts } from '../support/run/ports.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

const password = 'correct horse battery staple';
const ui = 'https://ui.example.com';

// Runs the commands of docs/browser-uis.md for one edge: those for the same origin and those for one more origin.
// Both changes are in the same file here, because they do not affect each other.
for (const edge of ['nginx', 'caddy'] as const) {
  needs(
    'registry-3.1',
    'nginx',
    'caddy',
    'curl',
  )(`docs/browser-uis.md, ${edge}`, () => {
    test('lets a web interface use the registry, from the same origin and from one other origin', async () => {
      const [port = 0, registry = 0, dockpass = 0, operations = 0, events = 0, uiPort = 0] =
        await freePorts(6);
      const ports = { edge: port, registry, dockpass, operations, events };
      const uiServer = createServer((_request, answer) => answer.end('the web interface')).listen(
        uiPort,
        '127.0.0.1',
      );
      afterwards(async () => void uiServer.close());
      const etc = await temporaryDirectory('etc');
      await mkdir(join(etc, 'nginx/conf.d'), { recursive: true });
      await mkdir(join(etc, 'caddy'));
      const folders = { nginx: join(etc, 'nginx/conf.d'), caddy: join(etc, 'caddy') };
      for (const kind of ['nginx', 'caddy'] as const) {
        const home = await dockpassHome();
        const domain = ['--private-domain', 'localhost'];
        await home.must(
          ['init', '--edge', kind, '--port', String(port), '--tls', 'off', ...domain, '--out', folders[kind]],
          { env: initEnvironment(ports) },
        );
      }
      const main = join(etc, 'nginx.conf');
      await writeFile(
        main,
        `pid ${etc}/pid;\nevents {}\nhttp { include ${join(etc, 'nginx/conf.d')}/*.conf; }\n`,
      );
      const recipe = await openRecipe('docs/browser-uis.md', {
        replace: [
          ['/etc/', `${etc}/`],
          ['127.0.0.1:8080', `127.0.0.1:${uiPort}`],
          ['https://registry.example.com', `http://localhost:${port}`],
        ],
        programs: {
          nginx: [part('nginx'), '-e', 'stderr', '-p', etc, '-c', main],
          curl: [part('curl'), '--disable', '--noproxy', '*'],
        },
      });
      for (let block = 0; block < 4; block += 1) await recipe.next();

      const home = await startWritten(folders[edge], edge, '3.1', ports, 'http://localhost');
      await home.addUser('alice', password, 'admin');
      const preflight = await recipe.next();
      recipe.finish();
      expect(preflight.stdout).toMatch(/^HTTP\/1\.1 204 /);
      expect(preflight.stdout).toMatch(new RegExp(`^access-control-allow-origin: ${ui}\r$`, 'im'));
      expect(preflight.stdout).toMatch(/^access-control-allow-headers: Authorization, Accept\r$/im);

      const get = async (path: string, ...headers: string[]): Promise<string> =>
        succeeded(
          await run(part('curl'), [
            ...['--disable', '--noproxy', '*', '--silent', '--include'],
            ...headers.flatMap((header) => ['-H', header]),
            `http://localhost:${port}${path}`,
          ]),
        ).stdout;
      const login = `Authorization: ${basic('alice', password)}`;
      expect(await get('/')).toContain('the web interface');
      expect(await get('/v2/_catalog', login)).toContain('{"repositories":[]}');
      const allowed = new RegExp(`^access-control-allow-origin: ${ui}\r$`, 'im');
      for (const path of ['/v2/_catalog', '/auth/token?service=registry'])
        expect(await get(path, login, `Origin: ${ui}`)).toMatch(allowed);
      const challenged = await get('/v2/', `Origin: ${ui}`);
      expect(challenged).toMatch(/^HTTP\/1\.1 401 /);
      expect(challenged).toMatch(allowed);
      // As the page says, nginx does not add these headers to the errors of the edge.
      const wrong = `Authorization: ${basic('alice', 'not the password')}`;
      expect(allowed.test(await get('/v2/a/tags/list', wrong, `Origin: ${ui}`))).toBe(edge === 'caddy');
      expect(await get('/v2/_catalog', login, 'Origin: https://evil.example')).not.toMatch(
        /access-control-allow-origin/i,
      );
    });
  });
}
