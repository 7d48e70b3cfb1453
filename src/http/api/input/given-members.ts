/** The members of `Value` without those that are undefined. */
export type GivenMembers<Value> = { [Name in keyof Value]: Exclude<Value[Name], undefined> };

/** Returns the members that a request has, without the optional ones that it does not have. */
export function givenMembers<Value extends object>(value: Value): GivenMembers<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as GivenMembers<Value>;
}
