/**
 * Converts the upper-case letters in a repository name or a pattern to lower case. A name may have upper-case letters
 * in its first component, which the grammar reads as a host. On storage that ignores case, such as many volumes of
 * macOS and Windows, the repositories `SECRET/app` and `secret/app` are the same files. Only ASCII letters are
 * converted, because a repository name has no others. A text without upper-case letters is returned unchanged, without
 * allocating memory.
 */
export function foldName(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;
}
