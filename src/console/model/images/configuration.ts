/** What a container of the image runs, as the configuration of the image says it. */
export interface RunSettings {
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Reads the member `config` of the configuration of an image (OCI image specification, "Image Configuration"). The person
 * who pushed the image chose its content, so a member with the wrong type is left out.
 */
export function readRunSettings(document: Readonly<Record<string, unknown>>): RunSettings {
  const config = asObject(document['config']);
  return {
    user: asText(config['User']),
    workingDirectory: asText(config['WorkingDir']),
    entrypoint: asTexts(config['Entrypoint']),
    command: asTexts(config['Cmd']),
    environment: asTexts(config['Env']),
    ports: Object.keys(asObject(config['ExposedPorts'])),
    volumes: Object.keys(asObject(config['Volumes'])),
    stopSignal: asText(config['StopSignal']),
    labels: Object.fromEntries(
      Object.entries(asObject(config['Labels'])).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
  };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function asTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Formats a command of an image as a person would type it: words with spaces stand in quotes. */
export function formatWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
