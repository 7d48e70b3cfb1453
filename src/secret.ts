import { inspect } from 'node:util';

/** A password, token or key that must not be printed. Every conversion to text returns a mask. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Returns the secret as plain text. Reviewers check each call of this method. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/**
 * Removes one line ending from the end of a secret. Editors and `echo` add it to files, and a mounted secret that is
 * also an environment variable keeps it. It is not part of the secret.
 */
export function withoutLineEnding(text: string): string {
  return text.replace(/\r?\n$/, '');
}
