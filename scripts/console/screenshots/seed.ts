import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { host, type DemoServer } from './start-server.ts';

/** Fills the server with people, robots, rights and images, as a small company would have them. */
export async function seed(server: DemoServer): Promise<void> {
  const { call } = server;
  for (const [name, role] of [
    ['bob', 'writer'],
    ['carol', 'reader'],
    ['dan', 'writer'],
    ['erin', 'none'],
    ['frank', 'reader'],
  ])
    await call('POST', '/users', { name, role, password: 'correct horse battery staple' });
  await call('PATCH', '/users/frank', { disabled: true });
  for (const [name, ...members] of [
    ['web', 'bob', 'dan'],
    ['operations', 'erin'],
  ]) {
    await call('POST', '/groups', { name });
    for (const member of members) await call('PUT', `/groups/${name}/members/${member}`);
  }
  for (const [subject, pattern, ...actions] of [
    ['group:web', 'shop/**', 'pull', 'push'],
    ['group:operations', 'base/*', 'pull'],
    ['bob', 'experiments/bob/**', 'pull', 'push', 'delete'],
  ])
    await call('POST', '/grants', { subject, pattern, actions });
  await call('POST', '/robots', {
    name: 'ci',
    only: ['shop/**:pull,push', 'base/*:pull'],
    expires: '365d',
    description: 'Builds of the shop',
    owner: 'team web',
  });
  await call('POST', '/robots', {
    name: 'cluster-1',
    only: ['shop/**:pull'],
    expires: '20d',
    owner: 'operations',
  });
  await call('POST', '/trust', {
    name: 'shop-api',
    issuer: 'gitlab',
    audience: [host],
    when: { project_path: 'example/shop/api', ref: 'main', ref_type: 'branch' },
    only: ['shop/api:pull,push'],
    pin: ['project_id', 'namespace_id'],
  });
  await call('POST', '/tokens', { name: 'laptop', expires: '90d', api: true });
  await call('POST', '/tokens', {
    user: 'bob',
    name: 'build-server',
    only: ['shop/web:pull,push'],
    expires: '30d',
  });
  for (const name of ['shop/web', 'shop/api', 'base/node', 'experiments/bob/cache'])
    await pushImage(server, name, '1.4.2');
  await pushImage(server, 'shop/web', '1.5.0');
  await pushImage(server, 'shop/web', 'latest');
  // The server remembers the list of repositories for a few seconds.
  while (((await call('GET', '/repositories')) as { items: unknown[] }).items.length < 4) await wait(500);
}

/** The build of each image. A step with bytes adds a layer of this size. */
const steps: readonly { readonly by: string; readonly bytes?: number }[] = [
  { by: '/bin/sh -c #(nop) ADD file:5c8b7d1a in / ', bytes: 290_000 },
  { by: 'RUN /bin/sh -c apk add --no-cache ca-certificates tzdata # buildkit', bytes: 64_000 },
  { by: 'COPY --link dist/shop /usr/local/bin/shop # buildkit', bytes: 410_000 },
  { by: 'USER 65532' },
  { by: 'ENTRYPOINT ["/usr/local/bin/shop"]' },
];

/** Pushes an image with a few small layers. */
async function pushImage({ registry }: DemoServer, name: string, tag: string): Promise<void> {
  const put = async (content: Buffer) => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const started = await registry('POST', `/v2/${name}/blobs/uploads/`);
    const location = new URL(String(started.headers['location']), 'http://registry');
    location.searchParams.set('digest', digest);
    await registry('PUT', location.pathname + location.search, content, {
      'Content-Type': 'application/octet-stream',
    });
    return { digest, size: content.length };
  };
  const created = '2026-11-20T09:30:00Z';
  const layers = [];
  for (const { bytes } of steps)
    if (bytes !== undefined)
      layers.push({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        ...(await put(gzipSync(randomBytes(bytes)))),
      });
  const config = await put(
    Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        created,
        config: {
          Entrypoint: ['/usr/local/bin/shop'],
          Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_ENV=production'],
          ExposedPorts: { '8080/tcp': {} },
          User: '65532',
          Labels: {
            'org.opencontainers.image.version': tag,
            'org.opencontainers.image.source': `https://git.example.com/${name}`,
          },
        },
        history: steps.map(({ by, bytes }) => ({
          created,
          created_by: by,
          ...(bytes === undefined && { empty_layer: true }),
        })),
        rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      }),
    ),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers,
  };
  const { status, text } = await registry(
    'PUT',
    `/v2/${name}/manifests/${tag}`,
    Buffer.from(JSON.stringify(manifest)),
    { 'Content-Type': manifest.mediaType },
  );
  if (status !== 201) throw new Error(`cannot push ${name}:${tag}: ${status} ${text}`);
}
