import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DemoServer } from './start-server.ts';

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
}

/** Pushes an image with one small layer. */
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
  const uncompressed = Buffer.alloc(10_240, `${name}:${tag}`);
  const layer = await put(gzipSync(uncompressed));
  const config = await put(
    Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        created: '2026-11-20T09:30:00Z',
        config: { Labels: { 'org.opencontainers.image.version': tag } },
        history: [{ created: '2026-11-20T09:30:00Z', created_by: 'COPY dist /srv' }],
        rootfs: {
          type: 'layers',
          diff_ids: [`sha256:${createHash('sha256').update(uncompressed).digest('hex')}`],
        },
      }),
    ),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer }],
  };
  const { status, text } = await registry(
    'PUT',
    `/v2/${name}/manifests/${tag}`,
    Buffer.from(JSON.stringify(manifest)),
    { 'Content-Type': manifest.mediaType },
  );
  if (status !== 201) throw new Error(`cannot push ${name}:${tag}: ${status} ${text}`);
}
