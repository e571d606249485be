import type { ProcessIdentity } from '../../domain/base/identity.ts';

/**
 * What is said between a worker and the broker besides Codex's own protocol, which is passed through: newline-delimited
 * JSON-RPC both ways. A worker knocks, leaves the proof that it may (state/workspace/proofs.ts), and says HELLO; what it asks for
 * after that goes to the app-server, as far as broker/allowed.ts lets it.
 *
 * 1, until release 1.1.0, let in whoever could connect. Workers and broker are always of the same release, because a
 * broker is shared by workers of the same runtime only (fingerprint.ts).
 */
export const BROKER_PROTOCOL = 2;

/** The first request of a connection; the answer is `{nonce}`, which names the proof. */
export const KNOCK = 'broker/knock';

/** Request of a worker that has left its proof, with `Hello`; the answer is `{brokerId, codex}`. */
export const HELLO = 'broker/hello';

/** Notification of the broker before it hangs up: `{reason}`. */
export const GOODBYE = 'broker/goodbye';

export interface Hello {
  jobId: string;
  holder: ProcessIdentity;
}

/** Answers to HELLO that mean: look into the state again, you will find another broker or start one. */
export const LEAVING = -32_090;

/**
 * The app-server could not be started; `data` is `{at, code, hint?}`: when (ISO 8601), and of the CompanionError. Others of
 * the same batch hear the same.
 */
export const NO_APP_SERVER = -32_091;

/** The request cannot be served before HELLO, or was not understood; or the greeting was not proven. */
export const BAD_HELLO = -32_092;

/** The job of a greeting has no lease on this broker (any more): take one, and greet again. */
export const NO_LEASE = -32_093;

/** What was asked for is not for a worker, or is more than its job may. */
export const NOT_ALLOWED = -32_094;
