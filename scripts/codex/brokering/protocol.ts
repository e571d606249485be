import type { ProcessIdentity } from '../../domain/base/identity.ts';

/**
 * What is said between a worker and the broker besides Codex's own protocol, which is passed through: newline-delimited
 * JSON-RPC both ways. A worker begins with HELLO; everything after it goes to the app-server.
 */
export const BROKER_PROTOCOL = 1;

/** Request of a worker, with `Hello`; the answer is `{brokerId, codex}`. */
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

/** The request cannot be served before HELLO, or was not understood. */
export const BAD_HELLO = -32_092;
