import { DockpassError } from '../../errors.ts';

/** Reads the members of a JSON object that a server sent. Throws if a member is missing or has another type. */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #origin: string;

  /** @param origin the server that sent the value, for error messages */
  constructor(value: unknown, origin: string) {
    if (typeof value !== 'object' || value === null) throw unreadableAnswer(origin);
    this.#value = value as Readonly<Record<string, unknown>>;
    this.#origin = origin;
  }

  text(key: string): string {
    const value = this.#value[key];
    if (typeof value !== 'string') throw unreadableAnswer(this.#origin, key);
    return value;
  }

  textOrNull(key: string): string | null {
    return this.#isMissing(key) ? null : this.text(key);
  }

  number(key: string): number {
    const value = this.#value[key];
    if (typeof value !== 'number') throw unreadableAnswer(this.#origin, key);
    return value;
  }

  boolean(key: string): boolean {
    const value = this.#value[key];
    if (typeof value !== 'boolean') throw unreadableAnswer(this.#origin, key);
    return value;
  }

  texts(key: string): string[] {
    return this.#array(key).map((item) => {
      if (typeof item !== 'string') throw unreadableAnswer(this.#origin, key);
      return item;
    });
  }

  objects(key: string): Fields[] {
    return this.#array(key).map((item) => new Fields(item, this.#origin));
  }

  objectsOrNull(key: string): Fields[] | null {
    return this.#isMissing(key) ? null : this.objects(key);
  }

  objectOrNull(key: string): Fields | null {
    return this.#isMissing(key) ? null : new Fields(this.#value[key], this.#origin);
  }

  /** Returns the value of a text that is one of a fixed set. The caller prints it, and does not compare it. */
  word<Word extends string>(key: string): Word {
    return this.text(key) as Word;
  }

  words<Word extends string>(key: string): Word[] {
    return this.texts(key) as Word[];
  }

  /** Returns the JSON value unchanged. */
  get value(): Readonly<Record<string, unknown>> {
    return this.#value;
  }

  #isMissing(key: string): boolean {
    return this.#value[key] === undefined || this.#value[key] === null;
  }

  #array(key: string): readonly unknown[] {
    const value = this.#value[key];
    if (!Array.isArray(value)) throw unreadableAnswer(this.#origin, key);
    return value;
  }
}

/** Returns the error for an answer that is not the documented one. */
export function unreadableAnswer(origin: string, key?: string): DockpassError {
  const what = key === undefined ? 'is not a JSON object' : `has no valid member ${JSON.stringify(key)}`;
  return new DockpassError(
    'server_version',
    `cannot read the answer of ${origin}: it ${what}. Use the same version of dockpass as the server.`,
  );
}
