import { anIdentity, Malformed } from '../../domain/base/check.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import { sameProcess } from '../../domain/base/identity.ts';
import type { JobRequest } from '../../domain/job/job.ts';
import { isTurnJob, JOB_ID } from '../../domain/job/kinds.ts';
import { liveness } from '../../process/identity.ts';
import { readRequest } from '../../state/job/job-directory.ts';
import { jobDirectory } from '../../state/layout.ts';
import { isProven, type ProofPlace, removeProof } from '../../state/workspace/proofs.ts';
import { readState } from '../../state/workspace/store.ts';
import { BAD_HELLO, BROKER_PROTOCOL, type Hello, NO_LEASE } from '../brokering/protocol.ts';
import { isObject, type RpcAnswer } from '../wire/rpc.ts';
import { refusal } from './refusal.ts';

/** A client that was let in. */
export interface Guest extends Hello {
  cwd: string;
  write: boolean;
}

/**
 * Lets in a worker with a lease on this broker, and nobody else. Whoever can connect can also read all that we store, the
 * names and holders of the leases with it; so a greeting is worth what its proof is worth (state/workspace/proofs.ts).
 */
export function letIn(
  broker: ProofPlace,
  nonce: string | undefined,
  params: unknown,
): Guest | { refused: RpcAnswer } {
  try {
    return checked(broker, nonce, params);
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return { refused: refusal(BAD_HELLO, `The greeting cannot be checked: ${error.message}`) };
  } finally {
    if (nonce !== undefined) removeProof(broker, nonce); // good for one greeting
  }
}

function checked(
  broker: ProofPlace,
  nonce: string | undefined,
  params: unknown,
): Guest | { refused: RpcAnswer } {
  const hello = readHello(params);
  if (!hello)
    return {
      refused: refusal(BAD_HELLO, `This broker speaks version ${BROKER_PROTOCOL}, and to jobs only.`),
    };
  if (nonce === undefined || !isProven(broker, nonce, hello.jobId))
    return { refused: refusal(BAD_HELLO, 'A greeting must prove that it may write our state.') };
  if (!hasLease(broker, hello))
    return { refused: refusal(NO_LEASE, `Job ${hello.jobId} has no lease on this broker.`) };
  const request = readRequest(jobDirectory(broker.layout, hello.jobId));
  if (!isTurnJob(request)) return { refused: refusal(BAD_HELLO, `${hello.jobId} is no job for Codex.`) };
  return { ...hello, cwd: request.cwd, write: mayWrite(request) };
}

function readHello(params: unknown): Hello | undefined {
  const { version, jobId, holder } = isObject(params) ? params : {};
  if (version !== BROKER_PROTOCOL || typeof jobId !== 'string' || !JOB_ID.test(jobId)) return undefined;
  try {
    return { jobId, holder: anIdentity(holder, 'holder') };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Of a holder in another container it cannot be said whether it lives. */
function hasLease({ layout, brokerId }: ProofPlace, { jobId, holder }: Hello): boolean {
  return readState(layout).leases.some(
    (lease) =>
      lease.jobId === jobId &&
      lease.brokerId === brokerId &&
      sameProcess(lease.holder, holder) &&
      liveness(holder) !== 'dead',
  );
}

function mayWrite(request: JobRequest): boolean {
  return 'write' in request.spec && request.spec.write;
}
