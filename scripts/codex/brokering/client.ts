import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { requireOwnDirectory } from '../../state/files/durable.ts';
import { socketPath } from '../../state/layout.ts';
import { isNonce, leaveProof, type ProofPlace, removeProof } from '../../state/workspace/proofs.ts';
import { type CodexConnection, threadRouter } from '../wire/connection.ts';
import { within } from '../wire/deadlines.ts';
import { isObject, RpcError, type RpcPeer, rpcPeer } from '../wire/rpc.ts';
import { BROKER_PROTOCOL, GOODBYE, HELLO, type Hello, KNOCK } from './protocol.ts';
import { atSocketPath } from './socket-path.ts';

/** A connection to the app-server that leads through the workspace's broker. */
export interface BrokerClient extends CodexConnection {
  brokerId: string;
  /** Ends it; what still runs on our threads is then stopped by the broker. */
  close(): void;
}

const CONNECT_MS = 3_000;

/**
 * Connects, proves that we may, and exchanges greetings.
 * Rejects with a system error (nobody listens), ConnectionLostError (it hung up), RpcDeadlineError (it is mute), or
 * RpcError with one of the codes in broker-protocol.ts (it refuses); CompanionError where the proof cannot be written.
 */
export async function connectToBroker(
  broker: ProofPlace,
  hello: Hello,
  deadlineMs: number,
): Promise<BrokerClient> {
  const { peer, router } = await opened(broker);
  try {
    await greet(peer, broker, hello, deadlineMs);
  } catch (error) {
    peer.close('The broker refused us.');
    throw error;
  }
  return {
    brokerId: broker.brokerId,
    request: peer.request,
    onNotification: router.onNotification,
    closed: peer.closed,
    close: () => peer.close('The job is over.'),
  };
}

/** Resolves when the broker has given a sign of life, whatever it says. Rejects as `connectToBroker` does. */
export async function callBroker(broker: ProofPlace, deadlineMs: number): Promise<void> {
  const { peer } = await opened(broker);
  try {
    await peer.request(KNOCK, {}, { deadlineMs });
  } catch (error) {
    if (!(error instanceof RpcError)) throw error; // a refusal is an answer
  } finally {
    peer.close('That was all.');
  }
}

async function greet(peer: RpcPeer, broker: ProofPlace, hello: Hello, deadlineMs: number): Promise<void> {
  const answer = await peer.request(KNOCK, {}, { deadlineMs });
  const nonce = isObject(answer) ? answer.nonce : undefined;
  if (!isNonce(nonce)) throw new RpcError(KNOCK, 0, 'The broker named no nonce.', answer);
  try {
    leaveProof(broker, nonce, hello.jobId);
    await peer.request(HELLO, { version: BROKER_PROTOCOL, ...hello }, { deadlineMs });
  } finally {
    removeProof(broker, nonce); // the broker has done so already, unless it is mute
  }
}

async function opened({ layout, brokerId }: ProofPlace) {
  const path = socketPath(layout.root, brokerId);
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
  return { peer, router };
}

/** Also a stopped broker is connected to by the kernel, until its backlog is full: then connecting hangs. */
async function connected(path: string): Promise<Socket> {
  const socket = atSocketPath(path, (name) => connect(name));
  const open = new Promise<Socket>((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
  const inTime = await within(open, CONNECT_MS);
  if (inTime) return inTime;
  open.catch(() => {}); // told by the error below
  socket.destroy();
  throw Object.assign(new Error(`No connection to ${path} within ${CONNECT_MS / 1000} s.`), {
    code: 'ETIMEDOUT',
  });
}

function reasonIn(params: unknown): string {
  return isObject(params) && typeof params.reason === 'string' ? params.reason : 'The broker went away.';
}
