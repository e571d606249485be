import { connect, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { requireOwnDirectory } from '../../state/files/durable.ts';
import { type CodexConnection, threadRouter } from '../wire/connection.ts';
import { within } from '../wire/deadlines.ts';
import { isObject, rpcPeer } from '../wire/rpc.ts';
import { BROKER_PROTOCOL, GOODBYE, HELLO, type Hello } from './protocol.ts';
import { atSocketPath } from './socket-path.ts';

/** A connection to the app-server that leads through the workspace's broker. */
export interface BrokerClient extends CodexConnection {
  brokerId: string;
  /** Ends it; what still runs on our threads is then stopped by the broker. */
  close(): void;
}

const CONNECT_MS = 3_000;

/**
 * Connects and exchanges greetings.
 * Rejects with a system error (nobody listens), ConnectionLostError (it hung up), RpcDeadlineError (it is mute), or
 * RpcError with one of the codes in broker-protocol.ts (it refuses).
 */
export async function connectToBroker(path: string, hello: Hello, deadlineMs: number): Promise<BrokerClient> {
  requireOwnDirectory(dirname(path));
  const socket = await connected(path);
  const router = threadRouter();
  let goodbye: string | undefined;
  const peer = rpcPeer({
    input: socket,
    output: socket,
    onNotification(method, params) {
      if (method === GOODBYE) goodbye = reasonIn(params);
      else router.deliver(method, params);
    },
    explainClose: () =>
      goodbye ?? 'The broker in front of Codex was killed or died; the turn was ended with it.',
  });
  try {
    await peer.request(HELLO, { version: BROKER_PROTOCOL, ...hello }, { deadlineMs });
  } catch (error) {
    peer.close('The broker refused us.');
    throw error;
  }
  return {
    brokerId: basename(path, '.sock'),
    request: peer.request,
    onNotification: router.onNotification,
    closed: peer.closed,
    close: () => peer.close('The job is over.'),
  };
}

/** Also a stopped broker is connected to by the kernel, until its backlog is full: then connecting hangs. */
async function connected(path: string): Promise<Socket> {
  const socket = atSocketPath(path, (name) => connect(name));
  const opened = new Promise<Socket>((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
  const inTime = await within(opened, CONNECT_MS);
  if (inTime) return inTime;
  opened.catch(() => {}); // told by the error below
  socket.destroy();
  throw Object.assign(new Error(`No connection to ${path} within ${CONNECT_MS / 1000} s.`), {
    code: 'ETIMEDOUT',
  });
}

function reasonIn(params: unknown): string {
  return isObject(params) && typeof params.reason === 'string' ? params.reason : 'The broker went away.';
}
