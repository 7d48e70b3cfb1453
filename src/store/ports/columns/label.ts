/**
 * What people note about a robot or an access token, so that others later know why it exists and whom to ask. No access
 * decision depends on these texts. A text that is not there is undefined.
 */
export interface Label {
  /** What the robot or token is for. */
  readonly description?: string;
  /** The person or team that is responsible for it. This is any text, not the name of a user. */
  readonly owner?: string;
}
