/**
 * Converts the upper-case letters in a repository name or a pattern to lower case. On storage that ignores case, such
 * as many volumes of macOS and Windows, the repositories `SECRET/app` and `secret/app` are the same files. The name
 * `SECRET/app` is valid, because the first component of a name can be a host name. Only ASCII letters are converted,
 * because a repository name has no others. A text without upper-case letters is returned unchanged, without allocating
 * memory.
 */
export function foldName(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;
}
