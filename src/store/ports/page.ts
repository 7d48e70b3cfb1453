/** What a method that reads one page of a list needs. The items are sorted by a key, which is one or more texts. */
export interface PageFilter<Key = string> {
  /** The largest number of items to return. */
  readonly limit: number;
  /** Only items whose key comes after this key are returned. Undefined for the first page. */
  readonly after?: Key | undefined;
  /** Only items whose name contains this text are returned. No character of the text has a special meaning. */
  readonly contains?: string | undefined;
}
