// npm run build: bundles src/ and the libraries that it imports into a few files in dist/. Without bundling, reading
// 700 small files took half of the time to start (docs/adr/0034). Types are removed, not checked; `npm run lint` checks
// them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'rolldown';
import about from '../package.json' with { type: 'json' };
import { asciiOnly, commonJsFolder, lazyBuiltins, plainExports } from './chunks.ts';
import { bundleConsole } from './console/bundle-console.ts';
import { renderSbom } from './sbom.ts';

const root = join(import.meta.dirname, '..');

const webConsole = await bundleConsole(root);

await build({
  cwd: root,
  input: {
    main: 'src/main.ts',
    // An entry of its own, because main.ts loads it by its name, with compiled code.
    cli: 'src/cli/cli.ts',
    // Worker threads are started by file name, so each one is an entry of its own.
    'signing-worker': 'src/keys/signing/signing-worker.ts',
    'audit-worker': 'src/store/sqlite/threads/audit-worker.ts',
    'usage-worker': 'src/store/sqlite/threads/usage-worker.ts',
  },
  platform: 'node',
  transform: {
    target: 'node22',
    define: {
      DOCKPASS_BUILD_COMMIT: JSON.stringify(gitCommit()) ?? 'undefined',
      DOCKPASS_BUILD_TIME: String(buildDay()),
    },
  },
  // Packages with native code cannot be bundled. pg tries to load pg-native, which is optional and not installed.
  external: [...Object.keys(about.dependencies), 'pg-native'],
  plugins: [
    withoutSubprocesses(),
    plainExports(),
    lazyBuiltins(),
    asciiOnly(),
    commonJsFolder(),
    thirdPartyFiles(webConsole.libraries),
  ],
  output: {
    dir: 'dist',
    cleanDir: true,
    // CommonJS, because files/code-cache.ts cannot load ES modules with their compiled code.
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // Comments with licences are not needed, because THIRD-PARTY.txt contains all licences.
    comments: false,
    // Few large files load faster than many small ones. Therefore each of these groups becomes one file: what every
    // command needs before it runs, and what most commands need to read the configuration and the database.
    codeSplitting: {
      groups: [
        // A file of its own, so that the audit thread does not load the other SQL.
        { name: 'audit-chain', test: /src\/store\/sql\/audit\/audit-chain\.ts$/, priority: 5 },
        // A file of its own, so that the signing thread does not load the other code for keys.
        { name: 'signing', test: /src\/keys\/signing\/(?:payload-signer|shared-ring)\.ts$/, priority: 5 },
        // A file of its own, because main.ts needs it before the commands are loaded.
        { name: 'called-command', test: /src\/cli\/called-command\.ts$/, priority: 5 },
        // A file of its own, so that `--version` does not load the commands.
        { name: 'version', test: /src\/cli\/version\.ts$/, priority: 5 },
        // A file of its own, so that commands on the API of a server do not load the configuration, and servers do not
        // load what these commands need.
        {
          name: 'names',
          test: /src\/(?:secret|cache\/lru|net\/host|realm\/(?:client-address|cookie-host)|identity\/user-name|admin\/rights\/grant-holder)\.ts$/,
          priority: 5,
        },
        // A file of its own, because it loads native code.
        { name: 'password-hash', test: /src\/identity\/password\/password-hash\.ts$/, priority: 5 },
        { name: 'cli', test: /src\/cli\/(?:cli\.ts|commands\/|reference\/)/, priority: 4 },
        {
          name: 'config',
          test: /src\/(?:config\/(?:load|running-settings)|cli\/running\/existing-database|cli\/administration\/local\/local-administration|admin\/people\/actor)\.ts$/,
          priority: 3,
        },
        {
          name: 'remote',
          test: /src\/cli\/remote\/(?:open-server|server-url|remote-administration)\.ts$/,
          priority: 3,
        },
        // Without the driver of SQLite, because PostgreSQL needs these modules too.
        {
          name: 'sql',
          test: /src\/store\/(?:sql\/repositories|sqlite\/dialect|migration\/migrate)\.ts$|\/kysely\//,
          priority: 2,
        },
        {
          name: 'sqlite',
          test: /src\/store\/sqlite\/(?:open-sqlite|schema|server-socket)\.ts$/,
          priority: 2,
        },
        // What the server needs from its start on and some commands need too. Without this group, they are 50 files.
        {
          name: 'login',
          test: /src\/(?:issue-token|thread|admin\/(?:entry\/setup|keys\/key-store|names|sessions|users)|app\/(?:offer-setup|federated\/federated-logins)|audit\/(?:denial-reason|used-credential)|cache\/per-tick|config\/(?:policy-settings|reload-on-change)|http\/(?:basic-credentials|form-body|request-context)|identity\/(?:one-after-another|password\/htpasswd-users|throttle\/unshared-attempts|token\/(?:last-use|robot-state|token-rights))|keys\/storage\/file-key-store|token\/sign|writes\/writes-(?:folder|stop))\.ts$/,
          priority: 1,
        },
        {
          name: 'server',
          test: /src\/(?:app\/server|observe\/log|cli\/actions\/serve|admin\/entry\/setup-link|up\/preflight)\.ts$/,
          priority: 0,
        },
      ],
    },
  },
});
await webConsole.write(join(root, 'dist/console'));

/**
 * The commit that is built, `3f9c2a71d0b4`, with `-dirty` if tracked files have changed since. Undefined in a copy of
 * the source without .git. Git is not run then, because a parent folder may be the repository of another project.
 */
function gitCommit(): string | undefined {
  if (!existsSync(join(root, '.git'))) return undefined;
  const args = ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'];
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * The start of the day (UTC) of the build, in milliseconds since the epoch. It is a day and not an exact time, so that
 * two builds on one day are equal. SOURCE_DATE_EPOCH sets it, as https://reproducible-builds.org/specs/source-date-epoch/
 * describes.
 */
function buildDay(): number {
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  const now = epoch === undefined ? Date.now() : Number(epoch) * 1000;
  return now - (now % (24 * 60 * 60 * 1000));
}

/**
 * Removes `node:child_process` from commander, which needs it only for commands that are programs of their own. dockpass
 * has none, and loading the module takes 2 ms of each command.
 */
function withoutSubprocesses(): Plugin {
  return {
    name: 'without-subprocesses',
    transform(code, id) {
      if (!id.endsWith('/commander/lib/command.js')) return undefined;
      const statement = "import childProcess from 'node:child_process';";
      if (!code.includes(statement)) throw new Error(`commander no longer contains: ${statement}`);
      return code.replace(statement, 'const childProcess = {};');
    },
  };
}

/**
 * Writes dist/THIRD-PARTY.txt with the name, version and licence of each bundled library, as the licences require, and
 * dist/sbom.cdx.json, the software bill of materials.
 * @param others the folders of libraries that are bundled elsewhere
 */
function thirdPartyFiles(others: readonly string[]): Plugin {
  return {
    name: 'third-party-files',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const folders = chunks
        .flatMap(({ moduleIds }) => moduleIds)
        .flatMap((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
      const bundled = [...new Set([...folders, ...others])].sort();
      const source = bundled.map(noticeOf).join('\n');
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY.txt', source });
      const paths = bundled.map((folder) => folder.slice(folder.indexOf('node_modules/')));
      this.emitFile({ type: 'asset', fileName: 'sbom.cdx.json', source: renderSbom(root, paths) });
    },
  };
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Readonly<Record<'name' | 'version' | 'license', string>>;
  const textsOf = (files: RegExp): string[] =>
    readdirSync(folder)
      .filter((file) => files.test(file))
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const texts = textsOf(/^(?:licen[cs]e|notice)/i);
  // A few packages have their licence only in the README.
  const [inReadme] = /^#+ *licen[cs]e[^]*/im.exec(textsOf(/^readme/i).join('\n')) ?? [];
  if (texts.length === 0 && inReadme === undefined)
    throw new Error(
      `the package ${name} contains no licence text. Find out its licence before you bundle it.`,
    );
  return [`== ${name} ${version} (${license})`, ...(texts.length > 0 ? texts : [inReadme]), ''].join('\n\n');
}
