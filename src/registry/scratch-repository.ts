/** The name of the repository to which the probes of doctor write. No one else stores images under this name. */
export const scratch = 'dockpass-doctor/scratch';

/** If any tag is immutable (the setting `immutableTags`), the tags of the scratch repository with this prefix are too. */
export const scratchTagPrefix = 'immutable-';
