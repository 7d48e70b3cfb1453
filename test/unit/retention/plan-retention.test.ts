import { describe, expect, test } from 'vitest';
import { planRetention } from '../../../src/retention/plan-retention.ts';
import type { Deletion, PlanFacts } from '../../../src/retention/plan.ts';
import type { RepositorySnapshot } from '../../../src/retention/snapshot.ts';
import { ruleOf, type WrittenRule } from '../../support/retention/rules.ts';
import {
  day,
  digestOf,
  index,
  manifest,
  now,
  pulled,
  repository,
  subjectTagOf,
  tag,
} from '../../support/retention/snapshots.ts';

const facts: PlanFacts = { now, eventsSince: now - 400 * day };
const days = 24 * 60 * 60;

type Keep = NonNullable<WrittenRule['keep']>;

function plan(
  rule: Omit<WrittenRule, 'on'>,
  ...snapshots: readonly RepositorySnapshot[]
): readonly Deletion[] {
  return planRetention([ruleOf({ on: ['**'], ...rule })], snapshots, facts).deletions;
}

/** What a plan deletes: `TAG` or `@NUMBER`, with `!` if a request deletes the manifest, `-` if it deletes a tag. */
function told(deletions: readonly Deletion[]): string[] {
  const signs = { manifest: '!', tag: '-', nothing: '' };
  return deletions.map(
    ({ tag: name, digest, request }) => `${name ?? `@${Number(`0x${digest.slice(7)}`)}`}${signs[request]}`,
  );
}

/** A repository with a tag for each number of days: `d3` was pushed three days ago. */
function pushedDaysAgo(...all: number[]): RepositorySnapshot {
  return repository(
    all.map((daysAgo) => tag(`d${daysAgo}`, daysAgo, daysAgo)),
    all.map((daysAgo) => manifest(daysAgo)),
  );
}

describe('tags', () => {
  test.each<[Keep, string[]]>([
    [{ newest: 2 }, ['d30!', 'd8!']],
    [{ newest: 9 }, []],
    [{ pushedWithin: 8 * days }, ['d30!']],
    [{ tags: ['d3*'] }, ['d2!', 'd8!']],
    [{ newest: 1, tags: ['d30'] }, ['d3!', 'd8!']],
    [{ pulledWithin: 9 * days }, ['d2!', 'd3!', 'd30!', 'd8!']],
  ])('that no condition of %j matches are deleted with their manifests', (keep, wanted) => {
    expect(told(plan({ keep }, pushedDaysAgo(2, 3, 8, 30)))).toEqual(wanted);
  });

  test('stay if they were pulled by tag or by digest', () => {
    const keep = { pulledWithin: 30 * days };
    const snapshot = repository(
      [
        tag('by-tag', 1, 90, { lastPull: pulled(29) }),
        tag('by-digest', 2, 90),
        tag('long-ago', 3, 90, { lastPull: pulled(31) }),
        tag('never', 4, 90),
      ],
      [manifest(1), manifest(2, { lastPull: pulled(2) }), manifest(3, { lastPull: pulled(40) }), manifest(4)],
    );
    expect(told(plan({ keep }, snapshot))).toEqual(['long-ago!', 'never!']);
  });

  test('that were pushed within 24 hours stay, also by digest', () => {
    const snapshot = repository(
      [tag('fresh', 1, 0.9), tag('future', 2, -3), tag('by-digest', 3, 9), tag('old', 4, 1.1)],
      [manifest(1), manifest(2), manifest(3, { lastPushAt: now - 0.9 * day }), manifest(4)],
    );
    expect(told(plan({ keep: { tags: ['none'] } }, snapshot))).toEqual(['old!']);
  });

  test('whose push was not reported, or only with another digest, stay and take no place', () => {
    const snapshot = repository(
      [
        tag('unreported', 1, 9, { lastPush: undefined }),
        tag('moved', 2, 9, { lastPush: { at: now - day * 2, digest: digestOf(9) } }),
        tag('kept', 3, 5),
        tag('gone', 4, 6),
      ],
      [manifest(1), manifest(2), manifest(3), manifest(4)],
    );
    const { deletions, notes } = planRetention(
      [ruleOf({ on: ['**'], keep: { newest: 1 } })],
      [snapshot],
      facts,
    );
    expect(told(deletions)).toEqual(['gone!']);
    expect(notes).toEqual([
      expect.stringContaining('retention rule 1 keeps 2 tags whose last push no event reported'),
    ]);
  });

  test('are never deleted by a rule with untagged alone', () => {
    expect(plan({ untagged: 1 }, pushedDaysAgo(30))).toEqual([]);
  });
});

describe('the rule that decides', () => {
  const old = (name: string): RepositorySnapshot => ({ ...pushedDaysAgo(30), repository: name });

  test('is the first that matches, and repositories without a rule are not touched', () => {
    const rules = [
      ruleOf({ on: ['ci/keep', 'x/*'], keep: { newest: 5 } }, 1),
      ruleOf({ on: ['ci/**'], keep: { pushedWithin: 1 } }, 2),
    ];
    const names = ['ci/keep', 'ci/a/b', 'ci/c', 'team/app', 'x/y'];
    const { deletions } = planRetention(rules, names.map(old), facts);
    expect(deletions.map(({ repository: name }) => name)).toEqual(['ci/a/b', 'ci/c']);
    expect(planRetention([], names.map(old), facts)).toEqual({ deletions: [], notes: [] });
  });

  test.each([
    [undefined, 'and no events of the registry have been received'],
    [now - 29 * day, 'have been received only since 2026-10-31T03:00:00.000Z'],
  ])('deletes nothing with pulledWithin if events arrive since %s', (eventsSince, wanted) => {
    const rules = [ruleOf({ on: ['**'], keep: { pulledWithin: 30 * days, newest: 1 }, untagged: 1 })];
    const untagged = manifest(77, { isNamedByEvents: true, lastPushAt: now - 90 * day });
    const snapshots = [old('a'), repository([], [untagged], { repository: 'b' })];
    expect(planRetention(rules, snapshots, { now, eventsSince })).toEqual({
      deletions: [],
      notes: [
        expect.stringContaining(
          'retention rule 1 deletes nothing yet, because it keeps what was pulled within 30 days',
        ),
      ],
    });
    expect(planRetention(rules, snapshots, { now, eventsSince }).notes[0]).toContain(wanted);
  });
});

describe('a shared digest', () => {
  const tags = [tag('v1', 1, 60), tag('build-17', 1, 60), tag('build-18', 1, 60)];
  const keep = { tags: ['v*'] };

  test('stays on 2.8 with all its tags', () => {
    const snapshot = repository(tags, [manifest(1)], { deletesSingleTags: false });
    const { deletions, notes } = planRetention([ruleOf({ on: ['**'], keep })], [snapshot], facts);
    expect(deletions).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('keeps 2 tags, because this registry cannot delete')]);
  });

  test('loses single tags on 3.x', () => {
    const deletions = plan({ keep }, repository(tags, [manifest(1)]));
    expect(told(deletions)).toEqual(['build-17-', 'build-18-']);
    expect(deletions.map(({ size }) => size)).toEqual([0, 0]);
  });

  test.each([true, false])('goes with one request if no tag stays (3.x: %s)', (deletesSingleTags) => {
    const snapshot = repository(tags, [manifest(1)], { deletesSingleTags });
    expect(told(plan({ keep: { tags: ['none'] } }, snapshot))).toEqual(['build-17!', 'build-18', 'v1']);
  });
});

describe('an index', () => {
  test('is deleted before its children, and these only if nothing else refers to them', () => {
    const snapshot = repository(
      [tag('old', 1, 60), tag('new', 2, 3), tag('arm', 4, 2)],
      [
        index(1, [3, 4, 5, 6]),
        index(2, [5]),
        manifest(3),
        manifest(4),
        manifest(5),
        index(6, [7]),
        manifest(7),
      ],
    );
    expect(told(plan({ keep: { newest: 2 } }, snapshot))).toEqual(['old!', '@3!', '@6!', '@7!']);
  });

  test('keeps its children, also those whose tag goes', () => {
    const manifests = [index(1, [2]), manifest(2)];
    const tags = [tag('v1', 1, 60), tag('v1-amd64', 2, 60)];
    const keep = { tags: ['v1'] };
    expect(told(plan({ keep }, repository(tags, manifests)))).toEqual(['v1-amd64-']);
    expect(plan({ keep }, repository(tags, manifests, { deletesSingleTags: false }))).toEqual([]);
  });

  test('leaves children that were pushed within 24 hours, or pulled by their own digest', () => {
    const manifests = [
      index(1, [2, 3, 4]),
      manifest(2, { lastPushAt: now - 1000 }),
      manifest(3, { lastPull: pulled(5) }),
      manifest(4, { lastPull: pulled(50) }),
    ];
    const snapshot = repository([tag('old', 1, 60)], manifests);
    expect(told(plan({ keep: { pulledWithin: 30 * days } }, snapshot))).toEqual(['old!', '@4!']);
  });

  test('without a tag keeps its children', () => {
    const snapshot = repository([tag('old', 1, 60)], [index(1, [3]), index(2, [3]), manifest(3)]);
    expect(told(plan({ keep: { newest: 1, pushedWithin: 1 } }, snapshot))).toEqual([]);
    expect(told(plan({ keep: { pushedWithin: 1 } }, snapshot))).toEqual(['old!']);
  });
});

describe('signatures and referrers', () => {
  const signed = (...more: Parameters<typeof tag>[]) =>
    [tag('v1', 1, 60), tag('v2', 2, 50), tag(subjectTagOf(1), 3, 60), tag(subjectTagOf(2), 4, 1.5)].concat(
      more.map((parts) => tag(...parts)),
    );
  const manifests = [1, 2, 3, 4].map((number) => manifest(number));

  test('with a tag take no place, and stay or go with their subject', () => {
    const deletions = plan({ keep: { newest: 1 } }, repository(signed(), manifests));
    expect(told(deletions)).toEqual(['v1!', `${subjectTagOf(1)}!`]);
    expect(deletions[1]?.reason).toBe(`it belongs to ${digestOf(1)}, which is deleted (retention rule 1)`);
  });

  test('with a tag stay if they were pushed within 24 hours, and go in a later plan', () => {
    const tags = [tag('v1', 1, 60), tag(subjectTagOf(1, '.att'), 3, 0.5)];
    const keep = { pushedWithin: 1 };
    expect(told(plan({ keep }, repository(tags, [manifest(1), manifest(3)])))).toEqual(['v1!']);
    const later = repository([tag(subjectTagOf(1, '.att'), 3, 1.5)], [manifest(3)]);
    expect(plan({ keep }, later)).toEqual([]);
    expect(told(plan({ keep }, { ...later, deletedByPlans: new Set([digestOf(1)]) }))).toEqual([
      `${subjectTagOf(1, '.att')}!`,
    ]);
  });

  test('with a tag that names no digest stay', () => {
    expect(
      plan({ keep: { pushedWithin: 1 } }, repository([tag('sha256-1a2b', 1, 60)], [manifest(1)])),
    ).toEqual([]);
  });

  test('with a subject stay or go with it, in a chain too', () => {
    const chain = [
      manifest(1),
      manifest(5, { subject: digestOf(1) }),
      manifest(6, { subject: digestOf(5), lastPull: pulled(1) }),
      manifest(7, { subject: digestOf(2), isNamedByEvents: true, lastPushAt: now - 90 * day }),
      manifest(2),
    ];
    const tags = [tag('v1', 1, 60), tag('v2', 2, 50)];
    expect(told(plan({ keep: { newest: 1 }, untagged: 1 }, repository(tags, chain)))).toEqual([
      'v1!',
      '@5!',
      '@6!',
    ]);
  });

  test('in an index for registries without a list of referrers go with their subject', () => {
    const referrers = [manifest(1), index(8, [9]), manifest(9, { subject: digestOf(1) })];
    const tags = [tag('v1', 1, 60), tag(subjectTagOf(1, ''), 8, 60)];
    expect(told(plan({ keep: { pushedWithin: 1 } }, repository(tags, referrers)))).toEqual([
      'v1!',
      `${subjectTagOf(1, '')}!`,
      '@9!',
    ]);
    expect(plan({ keep: { newest: 1 } }, repository(tags, referrers))).toEqual([]);
  });

  test('that only belong to each other stay', () => {
    const tags = [tag(subjectTagOf(1), 2, 60), tag(subjectTagOf(2), 1, 60)];
    expect(plan({ keep: { pushedWithin: 1 } }, repository(tags, [manifest(1), manifest(2)]))).toEqual([]);
  });
});

describe('manifests without a tag', () => {
  const ago = (daysAgo: number) => now - daysAgo * day;

  test('go when they are older than untagged, by the latest of push, pull and loss of the tag', () => {
    const named = { isNamedByEvents: true };
    const snapshot = repository(
      [],
      [
        manifest(1, { ...named, lastPushAt: ago(8) }),
        manifest(2, { ...named, lastPushAt: ago(6) }),
        manifest(3, { ...named, lastPushAt: ago(9), lastPull: pulled(6) }),
        manifest(4, { ...named, lastPushAt: ago(9), lostLastTagAt: ago(6) }),
        manifest(5, { ...named, lastPull: pulled(90), lostLastTagAt: ago(8) }),
        manifest(6, { ...named }),
        manifest(7, { lastPushAt: ago(90) }),
      ],
    );
    expect(told(plan({ untagged: 7 * days }, snapshot))).toEqual(['@1!', '@5!']);
    expect(plan({ keep: { newest: 1 } }, snapshot)).toEqual([]);
  });

  test('stay for 24 hours, however short untagged is', () => {
    const snapshot = repository(
      [],
      [
        manifest(1, { isNamedByEvents: true, lastPushAt: ago(0.9) }),
        manifest(2, { isNamedByEvents: true, lostLastTagAt: ago(0.9) }),
        manifest(3, { isNamedByEvents: true, lastPushAt: ago(3), lastPull: pulled(0.5) }),
      ],
    );
    expect(told(plan({ untagged: 60 }, snapshot))).toEqual(['@3!']);
  });

  test('go if an interrupted plan left them, and nothing needs them', () => {
    const snapshot = repository([tag('v1', 2, 60)], [manifest(1), index(2, [3]), manifest(3)], {
      leftByPlans: new Set([1, 2, 3].map(digestOf)),
    });
    const deletions = plan({ keep: { newest: 1 } }, snapshot);
    expect(told(deletions)).toEqual(['@1!']);
    expect(deletions[0]?.reason).toContain('an earlier plan was interrupted');
  });
});

test('names the bytes that become free, each once, and not those that another image needs', () => {
  const base = { digest: digestOf(900), size: 5_000_000 };
  const shared = { digest: digestOf(901), size: 20_000 };
  const own = (number: number) => ({ digest: digestOf(910 + number), size: 3000 });
  const snapshot = repository(
    [tag('a', 1, 60), tag('b', 2, 50), tag('c', 3, 3)],
    [
      manifest(1, { blobs: [base, shared, own(1), own(1)] }),
      manifest(2, { blobs: [base, shared] }),
      manifest(3, { blobs: [base] }),
    ],
  );
  const keep = { newest: 1 };
  expect(plan({ keep }, snapshot).map(({ size }) => size)).toEqual([3100, 20_100]);
  // A repository without a rule can need the same layers.
  const other = repository([], [manifest(2, { blobs: [base, shared] })], { repository: 'team/app' });
  const { deletions } = planRetention([ruleOf({ on: ['ci/**'], keep })], [snapshot, other], facts);
  expect(deletions.map(({ size }) => size)).toEqual([3100, 0]);
});

test('names the last pull by tag or digest, and the reason', () => {
  const snapshot = repository(
    [
      tag('a', 1, 60, { lastPull: pulled(40, null) }),
      tag('b', 2, 60, { lastPull: pulled(45) }),
      tag('c', 3, 60),
    ],
    [
      manifest(1, { lastPull: pulled(41, 'ci:deploy') }),
      manifest(2, { lastPull: pulled(42, 'bob') }),
      manifest(3),
    ],
  );
  const keep = { newest: 1, pulledWithin: 30 * days, pushedWithin: 36 * 60 * 60, tags: ['v*'] };
  const deletions = plan({ keep, untagged: days }, snapshot, repository([tag('v0', 9, 1.2)], [manifest(9)]));
  expect(deletions.map(({ lastPulledAt, lastPulledBy }) => [lastPulledAt, lastPulledBy])).toEqual([
    [now - 40 * day, null],
    [now - 42 * day, 'bob'],
  ]);
  expect(deletions[0]?.reason).toBe(
    'it is not the newest tag, it was not pulled within 30 days, it was not pushed within 36 hours, and it matches no pattern in keep.tags (retention rule 1)',
  );
});

test('gives the same plan for the same registry in any order', () => {
  const snapshot = pushedDaysAgo(2, 3, 8, 30);
  const other = { ...pushedDaysAgo(9, 10), repository: 'b' };
  const turned = {
    ...snapshot,
    tags: snapshot.tags.toReversed(),
    manifests: snapshot.manifests.toReversed(),
  };
  const keep = { newest: 1 };
  expect(plan({ keep }, other, turned)).toEqual(plan({ keep }, snapshot, other));
});
