import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openImageRegistry } from '../src/admin/images/image-registry.ts';
import { makePlan } from '../src/admin/retention/make-plan.ts';
import { retentionOf } from '../src/admin/retention/open-retention.ts';
import { contentOf } from '../src/admin/retention/plan-content.ts';
import { systemClock } from '../src/clock.ts';
import type { PlacedEvent } from '../src/events/registry-event.ts';
import { compilePattern } from '../src/policy/pattern.ts';
import type { RetentionRule } from '../src/retention/rule.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { startChild, stopAll } from './child.ts';
import { seeded } from './random.ts';
import { storeRepository, type StoredTag } from './stored-registry.ts';

/**
 * `npm run bench:retention [-- TAGS [REGISTRY]]`: makes a retention plan for repositories with this many tags together
 * (default: 10,000) on a real registry (default: `docker-registry` on PATH). 10,000 tags must be planned in 60 seconds.
 */
const tagCount = Number(process.argv[2] ?? 10_000);
const program = process.argv[3] ?? 'docker-registry';
const tagsInRepository = 1000;
const limitSeconds = 60 * (tagCount / 10_000);
const eventsAtOnce = 250;
const day = 24 * 60 * 60 * 1000;
const address = '127.0.0.1:5055';
const mediaTypes = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
const random = seeded(1);
const below = (limit: number): number => Math.floor(random() * limit);

const rule: RetentionRule = {
  number: 1,
  on: [compilePattern('ci/**')],
  keep: {
    newest: 20,
    pulledWithin: (30 * day) / 1000,
    pushedWithin: (14 * day) / 1000,
    tags: [compilePattern('v*')],
  },
  untagged: (7 * day) / 1000,
};

const directory = await mkdtemp(join(tmpdir(), 'dockpass-bench-retention-'));
const store = await openStore(join(directory, 'dockpass.db'));
try {
  const storage = join(directory, 'images');
  // Two thirds of the tags are images, and one third are signatures.
  const images = Math.round((tagCount * 2) / 3);
  const paths: string[] = [];
  for (let from = 0; from < images; from += tagsInRepository) {
    const repository = `ci/app-${from}`;
    const tags = await storeRepository(storage, repository, Math.min(tagsInRepository, images - from));
    await reportPushes(store, repository, tags);
    for (const { tag, children } of tags)
      for (const reference of [tag, ...children]) paths.push(`/v2/${repository}/manifests/${reference}`);
  }
  const config = join(directory, 'registry.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\nhttp: { addr: "${address}" }\nstorage: { filesystem: { rootdirectory: "${storage}" }, delete: { enabled: true } }\n`,
  );
  startChild(program, ['serve', config], { env: { OTEL_TRACES_EXPORTER: 'none' } });
  await untilAnswering(`http://${address}/v2/`);

  print(`the manifests alone are read in ${(await secondsToRead(paths)).toFixed(1)} s`);
  const source = openImageRegistry(
    new URL(`http://${address}`),
    () => Promise.resolve('unused'),
    systemClock,
  );
  const parts = retentionOf(source, { retention: [rule] }, store, systemClock);
  for (const what of ['the first plan', 'the next plan, with known manifests']) {
    const begin = performance.now();
    const before = process.cpuUsage();
    const plan = await makePlan(parts);
    const seconds = (performance.now() - begin) / 1000;
    const { user, system } = process.cpuUsage(before);
    const { deletions } = contentOf(plan);
    if (deletions.length < images / 2)
      throw new Error(`the plan has only ${deletions.length} deletions: ${contentOf(plan).notes.join(', ')}`);
    print(
      `${what} for ${tagCount.toLocaleString('en-US')} tags, with ${deletions.length.toLocaleString('en-US')} deletions: ${seconds.toFixed(1)} s, of which dockpass used the processor for ${((user + system) / 1e6).toFixed(1)} s (limit ${limitSeconds.toFixed(0)} s): ${seconds <= limitSeconds ? 'ok' : 'MISSED'}`,
    );
    if (seconds > limitSeconds) process.exitCode = 1;
  }
} finally {
  await stopAll();
  await store.close();
  await rm(directory, { recursive: true, force: true });
}

/** Reads manifests as fast as possible: what any plan needs at least on this machine. @returns seconds */
async function secondsToRead(paths: readonly string[]): Promise<number> {
  const left = [...paths];
  const readNext = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      const answer = await fetch(`http://${address}${path}`, { headers: { Accept: mediaTypes } });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`the registry answers ${answer.status} for ${path}`);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: 16 }, readNext));
  return (performance.now() - begin) / 1000;
}

async function untilAnswering(url: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > end) throw new Error(`${program} does not answer at ${url}`);
    await wait(50);
  }
}

/** Records pushes of the last 90 days, and a first event before that, so that no rule waits for events. */
async function reportPushes({ usage }: Store, repository: string, tags: readonly StoredTag[]): Promise<void> {
  const now = systemClock();
  const first: PlacedEvent = {
    ...eventOf(repository, null, '', now - 400 * day),
    kind: 'head',
    digest: null,
  };
  await usage.record([first], now - 400 * day);
  const events = tags.flatMap(({ tag, digest, children }) => {
    const at = now - (1 + below(90)) * day;
    const pushes = [
      ...children.map((child) => eventOf(repository, null, child, at)),
      eventOf(repository, tag, digest, at),
    ];
    const isPulled = !tag.startsWith('sha256-') && random() < 0.3;
    const pull = { ...eventOf(repository, tag, digest, now - below(90) * day), kind: 'get' as const };
    return isPulled ? [...pushes, pull] : pushes;
  });
  for (let from = 0; from < events.length; from += eventsAtOnce)
    await usage.record(events.slice(from, from + eventsAtOnce), now);
}

function eventOf(repository: string, tag: string | null, digest: string, at: number): PlacedEvent {
  return {
    ...{ id: `${repository} ${tag} ${digest} ${at} ${random()}`, at, kind: 'push', repository, tag, digest },
    ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', children: null, actor: 'ci' },
    ...{ address: '192.0.2.1', host: 'registry.example.com', userAgent: 'docker/29', domain: 'private' },
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
