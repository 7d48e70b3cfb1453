// The files and processes of the three users of the all-in-one image. Everything in this file runs as root, before the
// container drops its root privileges. The registry can change what is in its folder, and the edge what is in its own.
// So no path is followed through a symbolic link: each folder is opened in the open folder above it.
import { spawn } from 'node:child_process';
import { closeSync, fchmodSync, fchownSync, fstatSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { changeOwnerAt, inOpen, openFolder } from './change-owner.js';
import { edgeUid, registryUid, uid } from './drop-root.js';

/** The folder in which the registry stores everything (its storage driver `filesystem` chooses the name). */
const registryFolder = 'docker';
/** The mode of the volume. Its owner is root and its group is that of dockpass, which may create files in it. */
const volumeMode = 0o775;

/**
 * Gives the folder of the images to the registry, and everything else in the volume to dockpass. Does nothing if this
 * was done before, because it takes long for a large volume. The volume itself then belongs to root. Earlier versions
 * of the image take this for a volume that root wrote, and give it back to one user.
 */
export function separateVolume(volume) {
  const folder = openFolder(volume);
  if (folder === undefined) throw new Error(`${volume} is not a folder`);
  try {
    if (isSeparate(folder)) return;
    const ownerOf = (name) => (name === registryFolder ? registryUid : uid);
    const names = readdirSync(inOpen(folder, '.'));
    if (names.some((name) => lstatSync(inOpen(folder, name)).uid !== ownerOf(name)))
      process.stderr.write(
        `dockpass: changing the owner of all files in ${volume}: the images now belong to user ${registryUid} (registry), everything else to user ${uid} (dockpass). This happens only once.\n`,
      );
    // Without some capabilities, root may change the owner of a file and not its mode, or may not enter all folders. So
    // the images come last: until then, an error leaves a volume that one user can still use.
    fchmodSync(folder, volumeMode);
    for (const name of names.filter((found) => found !== registryFolder))
      changeOwnerAt(inOpen(folder, name), uid, uid);
    // The edge serves only what the registry answers, so it needs no access to the images. dockpass checks at the start
    // whether the registry can write here, so its group may look.
    prepareFolder(folder, registryFolder, { owner: registryUid, group: uid, mode: 0o750 });
    fchownSync(folder, 0, uid);
    // Some file systems ignore changes of the owner without an error.
    if (!isSeparate(folder)) throw new Error(`the file system of ${volume} does not store owners`);
  } finally {
    closeSync(folder);
  }
}

function isSeparate(folder) {
  const { uid: owner, gid, mode } = fstatSync(folder);
  return owner === 0 && gid === uid && (mode & 0o777) === volumeMode;
}

/**
 * Creates the folders that the edge needs below the directory of `up`: `caddy` for its own files, to which dockpass has
 * access because of Caddy's administration socket, and `edge`, from which it reads its certificate.
 */
export function prepareEdgeFolders(directory) {
  const open = [openFolder('/')];
  try {
    for (const name of directory.split('/').filter((part) => part !== ''))
      open.push(openInside(open.at(-1), name, { owner: uid, group: uid, mode: 0o755 }));
    // Files that dockpass creates in this folder get the group of the folder (the bit 02000), so the edge can read them.
    // This folder comes first, because its mode needs more capabilities: if it fails, `caddy` stays usable for one user.
    prepareFolder(open.at(-1), 'edge', { owner: uid, group: edgeUid, mode: 0o2750 });
    prepareFolder(open.at(-1), 'caddy', { owner: edgeUid, group: uid, mode: 0o770 });
  } finally {
    open.forEach((descriptor) => closeSync(descriptor));
  }
}

/** Creates a folder if it is missing, and sets its owner, group and mode. Its content gets the same owner. */
function prepareFolder(parent, name, { owner, group, mode }) {
  const folder = openInside(parent, name, { owner, group, mode });
  try {
    const { uid: before, gid, mode: modeBefore } = fstatSync(folder);
    if ((modeBefore & 0o7777) !== mode) fchmodSync(folder, mode);
    if (before !== owner) changeOwnerAt(inOpen(parent, name), owner, owner);
    if (before !== owner || gid !== group) fchownSync(folder, owner, group);
    // The kernel ignores the bit 02000 if a capability is missing.
    if ((fstatSync(folder).mode & 0o7777) !== mode) throw new Error(`the mode of ${name} cannot be changed`);
  } finally {
    closeSync(folder);
  }
}

/** Opens a folder in an open folder. Creates it if it is missing. */
function openInside(parent, name, { owner, group, mode }) {
  const path = inOpen(parent, name);
  let isNew = true;
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    isNew = false;
  }
  const folder = openFolder(path);
  if (folder === undefined) throw new Error(`${name} is not a folder`);
  if (isNew) fchownSync(folder, owner, group);
  return folder;
}

/**
 * Starts two shells as the user of the registry, and two as the user of the edge. `dockpass up` can make them run
 * programs later, when this process is no longer root and cannot start anything as another user.
 */
export function startShells() {
  return { registry: shellsOf(registryUid), edge: shellsOf(edgeUid) };
}

/** Ends shells that are not needed. */
export function stopShells(shells) {
  for (const { program, control } of Object.values(shells)) {
    program.stdin.end();
    control.stdin.end();
  }
}

function shellsOf(user) {
  return { uid: user, program: startShell(user), control: startShell(user) };
}

function startShell(user) {
  const shell = spawn('/bin/sh', [], {
    uid: user,
    gid: user,
    cwd: '/',
    env: { PATH: process.env.PATH },
    stdio: 'pipe',
    // A session of its own, so that Ctrl-C in a terminal reaches only dockpass.
    detached: true,
  });
  // Without a listener, the event would end the process.
  shell.on('error', () => {});
  if (shell.pid === undefined) throw new Error(`cannot start a process as user ${user}`);
  // The shells must not keep the process running if dockpass ends before it needs them.
  for (const handle of [shell, shell.stdin, shell.stdout, shell.stderr]) handle.unref();
  return shell;
}
