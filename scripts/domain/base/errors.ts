/**
 * Every way in which the program refuses or fails, as a value. The code decides the exit status (faces/cli/exit-codes.ts)
 * and is what `--json` prints as `error.code`.
 */
export type ErrorCode =
  | 'usage'
  | 'program-missing'
  | 'unknown-job'
  | 'ambiguous-job'
  | 'wrong-state'
  | 'events-gone'
  | 'codex-missing'
  | 'codex-unsupported'
  | 'codex-failed'
  | 'broker-unreachable'
  | 'state-locked'
  | 'state-unreadable'
  | 'state-not-writable'
  | 'state-newer'
  | 'foreign-owner'
  | 'sandboxed'
  | 'unsupported-platform'
  | 'cancel-incomplete';

/** Says what went wrong, about which thing, and (in `hint`) what to type next. */
export class CompanionError extends Error {
  override readonly name = 'CompanionError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/**
 * A refusal of ours or of the system, which one job, session or workspace may be in: whoever looks at many passes over
 * that one and says so. Anything else is a bug.
 */
export function isTrouble(error: unknown): error is Error {
  return error instanceof CompanionError || /^E[A-Z0-9]+$/.test(systemCode(error) ?? '');
}

/** The same as a refusal, told with an exit status of its own. */
export function asRefusal(trouble: Error): CompanionError {
  if (trouble instanceof CompanionError) return trouble;
  return new CompanionError('state-unreadable', `The system refuses: ${trouble.message}.`, {
    hint: 'Look at the disk and the permissions there; codex-companion doctor tells more.',
    cause: trouble,
  });
}

/** The `code` of a Node system error ("ENOENT", …), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}
