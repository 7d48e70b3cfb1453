export interface LastUse {
  readonly at: number;
  /** The address of the client. */
  readonly from: string;
}
