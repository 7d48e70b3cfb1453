/** The name of the repository to which the probes of doctor write. No one else stores images under this name. */
export const scratch = 'dockpass-doctor/scratch';
