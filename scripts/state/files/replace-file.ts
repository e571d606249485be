import { chmodSync, closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { notWritable, syncDirectory, writeAll } from './durable.ts';

/**
 * `writeDurably` by write-file-atomic: for a file that a command of a person's, or an import, replaces and then ends, where
 * nobody waits for the loading. What speaks against it elsewhere: docs/decisions/015-write-file-atomic.md.
 */
export async function replaceFile(file: string, content: string): Promise<void> {
  try {
    const { default: writeFileAtomic } = await import('write-file-atomic');
    // Node ignores it, so that a limit on the size of files is an error; the package's exit handler would let it kill us.
    if (process.listenerCount('SIGXFSZ') === 0) process.on('SIGXFSZ', () => {});
    await writeFileAtomic(file, null, {
      mode: 0o600,
      chown: false,
      tmpfileCreated: (aside) => fill(aside, content),
    });
    syncDirectory(dirname(file));
  } catch (error) {
    throw notWritable(file, error);
  }
}

/** By us: the package takes the part that a full disk has room for for the whole. It syncs what we write here. */
function fill(aside: string, content: string): void {
  chmodSync(aside, 0o600); // a umask may have taken the owner's rights
  const fd = openSync(aside, 'w');
  try {
    writeAll(fd, content);
  } finally {
    closeSync(fd);
  }
}
