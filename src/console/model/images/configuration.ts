import { asArray, asObject, asText, asTextMap, asTexts, asTime } from './json.ts';
import { readPlatform, type Platform } from './platform.ts';

/** What the configuration of an image says (OCI image specification, "Image Configuration"). */
export interface ImageConfiguration {
  readonly platform: Platform | undefined;
  /** In milliseconds since the epoch. Undefined if the build left it out or set it to the beginning of the epoch. */
  readonly createdAt: number | undefined;
  readonly author: string | undefined;
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly history: readonly HistoryEntry[];
}

export interface HistoryEntry {
  readonly createdAt: number | undefined;
  readonly createdBy: string;
  readonly comment: string | undefined;
  /** True if the step changed no file, so that no layer belongs to it. */
  readonly isEmpty: boolean;
}

export function readConfiguration(json: unknown): ImageConfiguration {
  const found = asObject(json) ?? {};
  const config = asObject(found['config']) ?? {};
  return {
    platform: readPlatform(found),
    createdAt: asTime(found['created']),
    author: asText(found['author']),
    user: asText(config['User']),
    workingDirectory: asText(config['WorkingDir']),
    entrypoint: asTexts(config['Entrypoint']),
    command: asTexts(config['Cmd']),
    environment: asTexts(config['Env']),
    ports: Object.keys(asObject(config['ExposedPorts']) ?? {}),
    volumes: Object.keys(asObject(config['Volumes']) ?? {}),
    stopSignal: asText(config['StopSignal']),
    labels: asTextMap(config['Labels']),
    history: asArray(found['history']).map((item) => {
      const entry = asObject(item) ?? {};
      return {
        createdAt: asTime(entry['created']),
        createdBy: asText(entry['created_by']) ?? '',
        comment: asText(entry['comment']),
        isEmpty: entry['empty_layer'] === true,
      };
    }),
  };
}

/** Formats a command of an image as a person would type it: words with spaces stand in quotes. */
export function formatWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
