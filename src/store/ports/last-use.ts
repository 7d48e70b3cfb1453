export interface LastUse {
  readonly at: number;
  /** The IP address of the client that used the token or robot. */
  readonly from: string;
}
