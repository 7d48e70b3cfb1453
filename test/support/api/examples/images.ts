import type { ApiLab, Examples } from '../example.ts';

/** Adds an image and returns the path of its repository, and its digest. */
function addImage({ registry, newName }: ApiLab): { readonly path: string; readonly digest: string } {
  const name = `lab/${newName('image')}`;
  const digest = registry.addImage(name, '1.0');
  return { path: `/repositories/${encodeURIComponent(name)}`, digest };
}

/** Adds an image and reports that it was pulled or pushed. Returns the name of the repository. */
async function useImage({ registry, issuer, newName }: ApiLab, kind: 'get' | 'push'): Promise<string> {
  const repository = `lab/${newName('used')}`;
  const digest = registry.addImage(repository, '1.0');
  const event = {
    ...{ id: repository, at: issuer.clock(), kind, repository, tag: '1.0', digest },
    ...{ mediaType: '', children: null, domain: 'private' as const },
    ...{ actor: 'alice', address: '192.0.2.1', host: 'registry.example.com', userAgent: 'docker/29' },
  };
  await issuer.server.store.usage.record([event], issuer.clock());
  return repository;
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
  'GET /usage': async (lab) => {
    const repository = await useImage(lab, 'get');
    return { path: `/usage?repository=${encodeURIComponent(repository)}&since=30d&order=pulls`, status: 200 };
  },
  'GET /usage/events': async () => ({ path: '/usage/events?repository=lab%2Fused&since=30d', status: 200 }),
  'GET /usage/days': async (lab) => {
    const repository = await useImage(lab, 'get');
    return { path: `/usage/days?repository=${encodeURIComponent(repository)}&since=30d`, status: 200 };
  },
  'GET /usage/unused': async (lab) => {
    const repository = await useImage(lab, 'push');
    return { path: `/usage/unused?repository=${encodeURIComponent(repository)}`, status: 200 };
  },
  'GET /repositories/{name}/tags/{tag}/deletion': async (lab) => ({
    path: `${addImage(lab).path}/tags/1.0/deletion`,
    status: 200,
    statusOfOthers: 403,
  }),
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
