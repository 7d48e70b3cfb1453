/**
 * Returns the tags that a list of tags lacks, although events or an earlier list named them. Most of them were deleted,
 * so ask the registry for each with HEAD, and call `findUnlistedTags` with those that it finds.
 * @param listed the list of the registry
 * @param named the tags that events or an earlier list named
 */
export function tagsToVerify(listed: readonly string[], named: Iterable<string>): string[] {
  const known = new Set(listed);
  return [...new Set(named)].filter((tag) => !known.has(tag)).sort();
}

/**
 * Returns the tags that exist, but that the list of the registry lacks. If there is one, the list is short, and nothing
 * may be deleted in the repository, because other tags can be missing too.
 * @param listed a list that was read after the tags were found, because a tag can be pushed meanwhile
 * @param found the tags that HEAD found
 */
export function findUnlistedTags(listed: readonly string[], found: Iterable<string>): string[] {
  return tagsToVerify(listed, found);
}
