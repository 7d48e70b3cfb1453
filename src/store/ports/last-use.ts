export interface LastUse {
  readonly at: number;
  /** The IP address of the client. */
  readonly from: string;
}
