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
 * Removes one line ending from the end of a secret. It is not part of the secret: editors and `echo` add it to files.
 * If an environment variable gets its value from such a file, for example through a Secret of Kubernetes, the value
 * contains the line ending too.
 */
export function withoutLineEnding(text: string): string {
  return text.replace(/\r?\n$/, '');
}
