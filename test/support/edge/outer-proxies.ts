import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pageBlock } from '../docs/page-block.ts';
import { start, type Running } from '../process/process.ts';
import { untilPort } from '../process/ready.ts';
import { part } from '../run/parts.ts';
import { temporaryDirectory } from '../run/temp.ts';
import type { ServerCertificate } from '../tls/tls.ts';
import { startCaddy } from './caddy.ts';
import { startNginx } from './nginx.ts';
import { runTraefik } from './traefik.ts';

// TLS proxies in front of an edge that speaks plain HTTP. Their configurations are the blocks of
// docs/behind-a-tls-proxy.md, with the ports, the names and the certificate of the test.

const page = 'docs/behind-a-tls-proxy.md';
/** The page uses this address for the edge. */
const edgeOnPage = '127.0.0.1:5001';

export const outerProxyKinds = ['nginx', 'caddy', 'haproxy', 'apache', 'traefik'] as const;
export type OuterProxyKind = (typeof outerProxyKinds)[number];

export interface OuterProxyOptions {
  /** The port on which the proxy serves HTTPS. */
  readonly port: number;
  /** The port of the edge on loopback. */
  readonly edgePort: number;
  readonly certificate: ServerCertificate;
  /** Changes the configuration of the page, for a test of a fault. */
  readonly change?: (text: string) => string;
}

export function startOuterProxy(kind: OuterProxyKind, options: OuterProxyOptions): Promise<unknown> {
  return starters[kind](options);
}

const starters: Readonly<Record<OuterProxyKind, (options: OuterProxyOptions) => Promise<unknown>>> = {
  nginx: async (options) => {
    const http = await block('nginx', options, [
      ['listen 443', `listen ${options.port}`],
      ['server_name registry.example.com hub.example.com', 'server_name _'],
      ...certificateFiles(options),
    ]);
    return startNginx({ http, port: options.port });
  },
  caddy: async (options) => {
    const { certificateFile, keyFile } = options.certificate;
    const site = `https://:${options.port} {\n\ttls ${certificateFile} ${keyFile}\n`;
    const text = await block('caddyfile', options, [['registry.example.com, hub.example.com {\n', site]]);
    return startCaddy({ caddyfile: `{\n\tadmin off\n\tauto_https off\n}\n${text}`, port: options.port });
  },
  haproxy: async (options) => {
    const directory = await temporaryDirectory('haproxy');
    const both = join(directory, 'both.pem');
    await writeFile(both, options.certificate.certificate + options.certificate.key, { mode: 0o600 });
    const text = await block('haproxy', options, [
      ['bind :443', `bind :${options.port}`],
      ['/etc/ssl/registry/haproxy.pem', both],
    ]);
    const file = join(directory, 'haproxy.cfg');
    await writeFile(file, text);
    return startIn(directory, options.port, 'haproxy', ['-db', '-f', file]);
  },
  apache: async (options) => {
    const directory = await temporaryDirectory('apache');
    const site = await block('apache', options, [
      ['<VirtualHost *:443>', `<VirtualHost *:${options.port}>`],
      ['ServerName registry.example.com', 'ServerName localhost'],
      ...certificateFiles(options),
    ]);
    const modules = ['mpm_event', 'authz_core', 'ssl', 'proxy', 'proxy_http'].map(
      (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
    );
    const settings = [
      `ServerRoot ${directory}`,
      `PidFile ${directory}/pid`,
      `ErrorLog ${directory}/error.log`,
      'ServerName localhost',
      `Listen ${options.port}`,
    ];
    const file = join(directory, 'apache.conf');
    await writeFile(file, [...settings, ...modules, site].join('\n'));
    return startIn(directory, options.port, 'apache', ['-X', '-f', file]);
  },
  traefik: async (options) => {
    const directory = await temporaryDirectory('traefik');
    const { certificateFile, keyFile } = options.certificate;
    const routes = await block('yaml', options, [['registry.example.com', 'localhost']]);
    const files = `certFile: ${certificateFile}, keyFile: ${keyFile}`;
    await writeFile(join(directory, 'routes.yml'), `${routes}tls:\n  certificates:\n    - { ${files} }\n`);
    await writeFile(
      join(directory, 'traefik.yml'),
      `entryPoints: { websecure: { address: ":${options.port}" } }\nproviders: { file: { filename: routes.yml } }\n`,
    );
    return runTraefik(directory, `https://localhost:${options.port}`);
  },
};

async function block(
  language: string,
  { edgePort, change = (text) => text }: OuterProxyOptions,
  replace: readonly (readonly [string, string])[],
): Promise<string> {
  return change(await pageBlock(page, language, [[edgeOnPage, `127.0.0.1:${edgePort}`], ...replace]));
}

function certificateFiles({ certificate }: OuterProxyOptions): (readonly [string, string])[] {
  return [
    ['/etc/ssl/registry/fullchain.pem', certificate.certificateFile],
    ['/etc/ssl/registry/privkey.pem', certificate.keyFile],
  ];
}

async function startIn(
  directory: string,
  port: number,
  name: 'haproxy' | 'apache',
  args: readonly string[],
): Promise<Running> {
  const running = await start(part(name), args, { cwd: directory, name });
  await untilPort(port, { part: running });
  return running;
}
