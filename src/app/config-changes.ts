import { hash } from 'node:crypto';
import { changeIf } from '../admin/change.ts';
import { withActor } from '../admin/people/actor.ts';
import type { ChangeActor } from '../audit/event.ts';
import type { Clock } from '../clock.ts';
import { settingKeys } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { reloadedSettings } from '../config/reload.ts';
import { formatMasked } from '../config/show.ts';
import type { Log } from '../observe/log.ts';
import type { Ports, Store } from '../store/store.ts';

// A change of the configuration can affect who has access, and it is not recorded anywhere else. So the audit log gets
// a row if a reload changes a setting, or if the settings of a starting server differ from those of the last start or
// reload. For this comparison, the database has a copy of the settings, in which secrets are masked. If the audit log
// cannot be written, the new configuration is still used.

/** The name under which the database stores the copy of the settings (see `InstallationFacts`). */
const factName = 'settings';

/**
 * The settings that are not recorded. They concern one machine, such as ports and paths, so several servers with one
 * database can differ in them.
 */
const machineSettings =
  /^(?:listen|operations\.listen|events\.(?:listen|secret)|database\w*|strictPermissions|keys\.(?:directory|secret|authority\..*)|htpasswd|up\..*)$/;

type RecordedSettings = Readonly<Record<string, string>>;

/** The actor in the audit rows. dockpass does not know who has changed the file or the environment. */
const configuration: ChangeActor = { address: '', client: 'dockpass.yml' };

/** The largest length of a value in the audit log and in the copy, in characters. Longer values are shortened. */
const maxValueLength = 300;

/** Records which settings a reload has changed, with their values before and after it. */
export async function recordReload(
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
  before: Config,
  after: Config,
): Promise<void> {
  const keys = reloadedSettings(before, after);
  if (keys.length === 0) return;
  const what = `configuration reloaded, changed: ${describe(keys, pick(before, keys), pick(after, keys))}`;
  try {
    await store.change({ at: clock(), subject: '', what, by: configuration }, async ({ facts }) => {
      await facts.set(factName, JSON.stringify({ ...(await readRecorded(facts)), ...pick(after, keys) }));
    });
  } catch (error) {
    log.error('cannot record the change of the configuration in the audit log', error);
  }
}

/** Records which settings differ from those of the last start or reload. Never throws. */
export async function recordStart(store: Store, clock: Clock, log: Log, config: Config): Promise<void> {
  try {
    const settings = pick(
      config,
      settingKeys().filter((key) => !machineSettings.test(key)),
    );
    for (;;) {
      const before = await readRecorded(store.facts);
      const changed = differences(before ?? {}, settings);
      if (before !== undefined && changed.length === 0 && sameKeys(before, settings)) return;
      const text = JSON.stringify(settings);
      // No setting of the copy has another value now: this is the first start, or the first start of a version with new
      // settings. So store the settings without an audit row.
      if (changed.length === 0) return await store.facts.set(factName, text);
      const what = `configuration changed since the last start, changed: ${describe(changed, before ?? {}, settings)}`;
      const isDone = await changeIf(
        withActor(store, configuration),
        clock,
        { subject: '', what },
        async ({ facts }) => {
          // Another server may have recorded the same change in the meantime.
          if (JSON.stringify(await readRecorded(facts)) !== JSON.stringify(before)) return false;
          await facts.set(factName, text);
          return true;
        },
      );
      if (isDone) return;
    }
  } catch (error) {
    log.error('cannot record the settings of this start in the database', error);
  }
}

async function readRecorded(facts: Ports['facts']): Promise<RecordedSettings | undefined> {
  const text = (await facts.read()).get(factName);
  return text === undefined ? undefined : (JSON.parse(text) as RecordedSettings);
}

function pick(config: Config, keys: readonly string[]): RecordedSettings {
  return Object.fromEntries(keys.map((key) => [key, shorten(formatMasked(config, key))]));
}

/** Returns the names of the settings that are in both arguments, but with different values. */
function differences(before: RecordedSettings, after: RecordedSettings): string[] {
  return Object.keys(after).filter((key) => before[key] !== undefined && before[key] !== after[key]);
}

function sameKeys(before: RecordedSettings, after: RecordedSettings): boolean {
  return Object.keys(after).every((key) => before[key] !== undefined);
}

function describe(keys: readonly string[], before: RecordedSettings, after: RecordedSettings): string {
  return keys.map((key) => `${key} (from ${before[key]} to ${after[key]})`).join(', ');
}

/** Shortens a long value, such as thousands of rules. The hash shows whether the part that was cut off has changed. */
function shorten(value: string): string {
  if (value.length <= maxValueLength) return value;
  return `${value.slice(0, maxValueLength)}… (SHA-256 ${hash('sha256', value, 'hex').slice(0, 16)})`;
}
