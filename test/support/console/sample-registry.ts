import { createPusher, type PushTarget, type SampleImage } from './sample-images.ts';

/** The digests of the images that `pushSampleRegistry` has pushed. */
export interface SampleRegistry {
  /** A signed multi-architecture image with the tags `latest`, `2.4` and `2.4.1`. */
  readonly index: string;
  /** An older image of the same repository, with the tag `2.3.0`. */
  readonly older: string;
}

const steps: NonNullable<SampleImage['steps']> = [
  { by: '/bin/sh -c #(nop) ADD file:5c8b in / ', bytes: 290_000 },
  { by: '/bin/sh -c #(nop)  CMD ["sh"]' },
  { by: 'RUN /bin/sh -c apk add --no-cache ca-certificates tzdata # buildkit', bytes: 64_000 },
  { by: 'WORKDIR /srv/app', bytes: 120 },
  { by: 'COPY --link dist/app /usr/local/bin/app # buildkit', bytes: 410_000 },
  { by: 'USER 65532:65532' },
  { by: 'ENTRYPOINT ["/usr/local/bin/app"]' },
];

/** Labels that would run a script if a page showed them as markup (attack 129). */
export const hostileText = '"><img src=x onerror="window.attacked=1"><script>window.attacked=1</script>';

/** Fills a registry with images of all kinds, as a team has them. */
export async function pushSampleRegistry(target: PushTarget): Promise<SampleRegistry> {
  const pusher = createPusher(target);
  const app = 'team/app';
  const labels = {
    'org.opencontainers.image.title': 'app',
    'org.opencontainers.image.source': 'https://git.example.com/team/app',
    'org.opencontainers.image.revision': '3f9c2a71d0b4c1de85f2a6c0b9d7e4f1a2b3c4d5',
    'org.opencontainers.image.licenses': 'Apache-2.0',
  };
  const platforms = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64', variant: 'v8' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
  ];
  const images = [];
  for (const platform of platforms)
    images.push(
      await pusher.image(app, undefined, { platform, steps, labels, created: '2026-11-27T14:05:00Z' }),
    );
  const provenance = await pusher.artifact(app, undefined, {
    type: 'application/vnd.in-toto+json',
    layerType: 'application/vnd.in-toto+json',
    content: '{"predicateType":"https://slsa.dev/provenance/v1"}',
  });
  const [first] = images;
  const index = await pusher.index(app, 'latest', [
    ...images,
    {
      mediaType: provenance.mediaType,
      digest: provenance.digest,
      size: provenance.size,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': first?.digest ?? '',
      },
    },
  ]);
  await pusher.tag(app, '2.4', index.digest);
  await pusher.tag(app, '2.4.1', index.digest);
  const older = await pusher.image(app, '2.3.0', { steps, labels, created: '2026-10-02T08:00:00Z' });
  await pusher.image(app, '2.2.7', { steps, labels, created: '2026-08-14T16:20:00Z' });
  const tagOf = (digest: string): string => digest.replace(':', '-');
  await pusher.artifact(app, `${tagOf(index.digest)}.sig`, {
    type: 'application/vnd.dev.cosign.simplesigning.v1+json',
    configType: 'application/vnd.oci.image.config.v1+json',
    layerType: 'application/vnd.dev.cosign.simplesigning.v1+json',
    content: '{"critical":{}}',
  });
  const sbom = await pusher.artifact(app, undefined, {
    type: 'application/spdx+json',
    layerType: 'application/spdx+json',
    content: '{"spdxVersion":"SPDX-2.3"}',
  });
  const notation = await pusher.artifact(app, undefined, {
    type: 'application/vnd.cncf.notary.signature',
    layerType: 'application/jose+json',
    content: '{"payload":""}',
  });
  await pusher.index(app, tagOf(index.digest), [sbom, notation]);
  await pusher.artifact('charts/app', '0.8.2', {
    type: 'application/vnd.cncf.helm.config.v1+json',
    configType: 'application/vnd.cncf.helm.config.v1+json',
    layerType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    content: 'chart',
    layerAnnotations: { 'org.opencontainers.image.title': 'app-0.8.2.tgz' },
  });
  await pusher.image('infra/postgres-backup', '16.4', { steps: steps.slice(0, 3) });
  await pusher.image('team/web', '1.12.0', { created: '2026-11-25T11:00:00Z', steps });
  await pusher.image('team/web', 'latest', { created: '2026-11-25T11:00:00Z', steps });
  await pusher.image('public/tools', 'stable', { steps: steps.slice(0, 1) });
  await pusher.image('hostile/names', '1.0', {
    labels: { [hostileText]: hostileText, '=cmd': '=1+1' },
    steps: [{ by: `RUN echo ${hostileText}`, bytes: 100 }],
  });
  return { index: index.digest, older: older.digest };
}
