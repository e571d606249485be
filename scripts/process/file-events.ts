import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { can, need } from './platform/this-platform.ts';

/** By statfs(2)'s number: file systems whose changes may reach no watcher, as others than this kernel make them too. */
const WITHOUT_EVENTS: Record<number, string> = {
  16914839: '9p (a Windows drive in WSL2, or a folder of the host machine)',
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB2',
  1702057286: 'FUSE',
  2020557398: 'a folder shared by VirtualBox',
  12805120: 'Ceph',
  22092: 'NCP',
  1397113167: 'AFS',
};

/**
 * The kind of file system of `path`, or of what is above it where it does not exist yet, if file events cannot be relied
 * upon there; undefined where they can, and where the platform does not tell (which the doctor says).
 */
export function fileSystemWithoutEvents(path: string): string | undefined {
  if (!can('fileSystemOf')) return undefined;
  let at = path;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  return withoutEvents(need('fileSystemOf')(at));
}

/** Exported for its test: there is no such file system to be had everywhere. */
export function withoutEvents(type: number): string | undefined {
  return WITHOUT_EVENTS[type >>> 0];
}
