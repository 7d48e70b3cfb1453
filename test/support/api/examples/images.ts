import type { ApiLab, Examples } from '../example.ts';

/** Adds an image and returns the path of its repository, and its digest. */
function addImage({ registry, newName }: ApiLab): { readonly path: string; readonly digest: string } {
  const name = `lab/${newName('image')}`;
  const digest = registry.addImage(name, '1.0');
  return { path: `/repositories/${encodeURIComponent(name)}`, digest };
}

export const images: Examples = {
  'GET /repositories': async (lab) => {
    addImage(lab);
    return { path: '/repositories', status: 200 };
  },
  'GET /repositories/{name}': async (lab) => ({ path: addImage(lab).path, status: 200 }),
  'GET /repositories/{name}/access': async (lab) => ({ path: `${addImage(lab).path}/access`, status: 200 }),
  'GET /repositories/{name}/tags': async (lab) => ({ path: `${addImage(lab).path}/tags`, status: 200 }),
  'GET /repositories/{name}/manifests/{reference}': async (lab) => ({
    path: `${addImage(lab).path}/manifests/1.0`,
    status: 200,
  }),
  'GET /repositories/{name}/manifests/{reference}/config': async (lab) => ({
    path: `${addImage(lab).path}/manifests/1.0/config`,
    status: 200,
  }),
  'GET /repositories/{name}/manifests/{digest}/tags': async (lab) => {
    const { path, digest } = addImage(lab);
    return { path: `${path}/manifests/${digest}/tags`, status: 200 };
  },
  'GET /usage': async ({ issuer, newName }) => {
    const repository = `lab/${newName('used')}`;
    const event = {
      ...{ id: repository, at: issuer.clock(), kind: 'get' as const, repository, tag: '1.0' },
      ...{ digest: `sha256:${'a'.repeat(64)}`, mediaType: '', children: null, domain: 'private' as const },
      ...{ actor: 'alice', address: '192.0.2.1', host: 'registry.example.com', userAgent: 'docker/29' },
    };
    await issuer.server.store.usage.record([event], issuer.clock());
    return { path: `/usage?repository=${encodeURIComponent(repository)}&since=30d`, status: 200 };
  },
  'GET /usage/events': async () => ({ path: '/usage/events?repository=lab%2Fused&since=30d', status: 200 }),
  'DELETE /repositories/{name}/tags/{tag}': async (lab) => ({
    path: `${addImage(lab).path}/tags/1.0`,
    status: 204,
    statusOfOthers: 403,
  }),
  'DELETE /repositories/{name}/manifests/{reference}': async (lab) => {
    const { path, digest } = addImage(lab);
    return { path: `${path}/manifests/${digest}`, status: 204, statusOfOthers: 403 };
  },
};
