import { closeSync, constants, fchownSync, fstatSync, lchownSync, opendirSync, openSync } from 'node:fs';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * Gives a folder and everything in it to a user and a group. Never changes the owner of anything outside the folder,
 * not even if another process exchanges a folder for a symbolic link in the meantime. Therefore each folder is opened
 * without following a link, and everything in it is reached through the open folder (`/proc/self/fd/N`) and not through
 * its path, which may have changed.
 */
export function changeOwner(folder, uid, gid) {
  const descriptor = openFolder(folder);
  if (descriptor === undefined) throw new Error(`${folder} is not a folder`);
  changeOwnerOf(descriptor, uid, gid);
}

/** Changes the owner of whatever is at this path. If it is a folder, changes the owner of its content, too. */
export function changeOwnerAt(path, uid, gid) {
  const folder = openFolder(path);
  // lchown changes the owner of a symbolic link itself, and not of its target.
  if (folder === undefined) lchownSync(path, uid, gid);
  else changeOwnerOf(folder, uid, gid);
}

/** Changes the owner of an open folder and of its content, and closes it. */
function changeOwnerOf(descriptor, uid, gid) {
  try {
    const open = opendirSync(inOpen(descriptor, '.'));
    try {
      for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
        changeOwnerAt(inOpen(descriptor, entry.name), uid, gid);
      }
    } finally {
      open.closeSync();
    }
    // The folder comes after its content, so that an interrupted change is done again at the next start.
    fchownSync(descriptor, uid, gid);
  } finally {
    closeSync(descriptor);
  }
}

/** Returns the owner of a folder. */
export function ownerOf(folder) {
  const descriptor = openFolder(folder);
  if (descriptor === undefined) throw new Error(`${folder} is not a folder`);
  try {
    return fstatSync(descriptor).uid;
  } finally {
    closeSync(descriptor);
  }
}

/** Opens a folder. Returns undefined if there is something else at the path, such as a symbolic link. */
export function openFolder(path) {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (error.code === 'ENOTDIR' || error.code === 'ELOOP') return undefined;
    throw error;
  }
}

/** Returns the path of an entry of an open folder. */
export function inOpen(descriptor, name) {
  return `/proc/self/fd/${descriptor}/${name}`;
}
