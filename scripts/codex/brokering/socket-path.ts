import { basename, dirname } from 'node:path';

/** sun_path holds 104 bytes on macOS and 108 on Linux, the closing NUL included. */
const LIMIT_BYTES = 103;

/**
 * Calls `act` with a name by which the socket can be bound or connected to. Below a very long root the path does not
 * fit: then for the moment of the call, which is synchronous, the working directory is the socket's, and the name is
 * its last part. Programs of ours have `/` as their directory and nothing that depends on it.
 */
export function atSocketPath<T>(path: string, act: (name: string) => T): T {
  if (Buffer.byteLength(path) <= LIMIT_BYTES) return act(path);
  const before = process.cwd();
  process.chdir(dirname(path));
  try {
    return act(basename(path));
  } finally {
    process.chdir(before);
  }
}
