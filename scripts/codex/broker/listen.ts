import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { makePrivateDirectory, removeIfAny, requireOwnDirectory } from '../../state/files/durable.ts';
import { atSocketPath } from '../brokering/socket-path.ts';

/** Listens on a unix socket in a directory that is ours alone; the socket itself is for us alone too. */
export async function listen(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  makePrivateDirectory(dirname(path));
  requireOwnDirectory(dirname(path));
  removeIfAny(path);
  const server = createServer(onConnection);
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  // The umask for the moment of binding only: what Codex creates in the workspace is up to the caller's.
  const mask = process.umask(0o177);
  try {
    atSocketPath(path, (name) => server.listen({ path: name, backlog: 511 }));
  } finally {
    process.umask(mask);
  }
  await listening;
  chmodSync(path, 0o600);
  return server;
}
