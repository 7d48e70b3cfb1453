import { beforeAll, describe, expect, test } from 'vitest';
import {
  startHealthySetup,
  type EdgeChange,
  type HealthySetup,
} from '../../support/machine/doctor-faults.ts';
import { findPart, needs } from '../../support/run/parts.ts';

// An edge without everything that the console, the administration API and the public catalog need. Logging in, pushing
// and pulling work through it, so doctor only warns.

const kinds = (['nginx', 'caddy', 'traefik'] as const).filter(
  (kind) => kind !== 'traefik' || findPart(kind) !== undefined,
);

const replacing =
  (from: string | RegExp, to: string) =>
  (text: string): string =>
    text.replaceAll(new RegExp(from, 'g'), to);

needs(
  'registry-3.1',
  'nginx',
  'caddy',
  'openssl',
  'host-names',
)('dockpass doctor', () => {
  let setup: HealthySetup;
  beforeAll(async () => {
    setup = await startHealthySetup({ deletes: true });
  });

  const diagnose = async (change: EdgeChange) => {
    const { findings, status, ran } = await setup.doctor({ port: await setup.startEdge(change) });
    expect(status, ran.stdout).toBe(0);
    expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning edge_outdated']);
    return findings[0];
  };

  test.each(kinds)(
    'names what the file of an earlier version for %s lacks, and how to write it',
    async (kind) => {
      const finding = await diagnose({ kind, isEarlier: true });
      expect(finding?.problem).toContain('it answers GET / with 404 instead of a redirect to /auth/; ');
      expect(finding?.problem).toContain('it removes the cookies of requests for /auth/; ');
      expect(finding?.problem).toContain(
        'its answers under /v2/ lack X-Content-Type-Options: nosniff and Content-Security-Policy: sandbox',
      );
      expect(finding?.problem).toContain(
        'it sends requests for /v2/_catalog to the registry instead of dockpass',
      );
      expect(finding?.problem).not.toMatch(/PATCH|%2F/);
      const option = kind === 'traefik' ? 'nginx (or caddy, or traefik)' : kind;
      expect(finding?.fix).toContain(`dockpass init --edge-only --edge ${option} --out new-edge`);
    },
  );

  describe('warns', () => {
    test.each<[fault: string, problem: RegExp, change: EdgeChange]>([
      [
        'if nginx redirects / to another host',
        /: it redirects GET \/ to http:\/\/other\.test\/auth\/ instead of https:\/\/[^ ]*\/auth\/\.$/,
        { change: replacing('return 302 /auth/;', 'return 302 http://other.test/auth/;') },
      ],
      [
        'if nginx removes cookies from requests for /auth/',
        /: it removes the cookies of requests for \/auth\/\.$/,
        { change: replacing('Cookie \\$dockpass_cookie', 'Cookie ""') },
      ],
      [
        'if nginx allows only GET and POST for /auth/',
        /: it answers PATCH requests for \/auth\/ itself \(403[^;]*\); it answers PUT [^;]*; it answers DELETE [^;]*$/,
        { change: replacing('location /auth/ {', 'location /auth/ { limit_except GET POST { deny all; }') },
      ],
      [
        'if nginx decodes the path',
        /: it rejects or changes %2F in the path of requests for \/auth\/\.$/,
        {
          change: (text) =>
            text.replace(/(location \/auth\/api\/ \{[^}]*proxy_pass [^;]+);/, '$1/auth/api/;'),
        },
      ],
      [
        'if Caddy removes one of the headers under /v2/',
        /: its answers under \/v2\/ lack Content-Security-Policy: sandbox\.$/,
        { kind: 'caddy', change: replacing('Content-Security-Policy sandbox', '') },
      ],
    ])('%s', async (_fault, problem, change) => {
      expect((await diagnose(change))?.problem).toMatch(problem);
    });
  });

  test('finds nothing if another page is at /', async () => {
    const port = await setup.startEdge({
      change: replacing('return 302 /auth/;', 'return 200 "my own page";'),
    });
    expect(await setup.doctor({ port })).toMatchObject({ findings: [], status: 0 });
  });
});
