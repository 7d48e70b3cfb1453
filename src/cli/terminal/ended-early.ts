/**
 * Ends a command before it changes anything, without a failure of dockpass. `runCli` prints the message and returns the
 * status: 0 after `--dry-run`, and 130 if the person presses Ctrl-C, as shells report an interrupted command.
 */
export class EndedEarly extends Error {
  readonly status: 0 | 130;

  constructor(status: 0 | 130, message: string) {
    super(message);
    this.status = status;
  }
}
