/** The repository that probes write to. No one stores images under this name. */
export const scratch = 'dockpass-doctor/scratch';
