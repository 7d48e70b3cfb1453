/** The name of the repository to which probes write. No one else stores images under this name. */
export const scratch = 'dockpass-doctor/scratch';
