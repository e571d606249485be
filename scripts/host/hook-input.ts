import type { Readable } from 'node:stream';

/** What the hosts tell a hook on stdin, as far as it concerns us. What is missing or malformed is null. */
export interface HookInput {
  sessionId: string | null;
  /** the session's directory at this moment; it may be deleted */
  cwd: string | null;
  transcriptPath: string | null;
  /** SessionEnd: `clear`, `logout`, `prompt_input_exit`, `other`, … */
  reason: string | null;
  /** Stop: a Stop hook has made the turn go on already */
  stopHookActive: boolean;
  /** all of it: the receipt of a notice may stand anywhere */
  text: string;
}

const NOTHING: HookInput = {
  ...{ sessionId: null, cwd: null, transcriptPath: null, reason: null },
  ...{ stopHookActive: false, text: '' },
};

/** Nobody's hook input is that long; what is, is not read to its end. Bytes. */
const SIZE_LIMIT = 1024 * 1024;

/**
 * Reads the host's JSON as soon as it is whole: an end of stdin is not needed, as it may come late or never. After
 * `limitMs` milliseconds, and for what is no JSON object, every field is null.
 */
export async function readHookInput(stdin: Readable, limitMs: number): Promise<HookInput> {
  const text = await readObject(stdin, limitMs);
  try {
    return parseHookInput(JSON.parse(text), text);
  } catch (error) {
    if (error instanceof SyntaxError) return NOTHING;
    throw error;
  }
}

function readObject(stdin: Readable, limitMs: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const done = () => {
      clearTimeout(timer);
      stdin.pause();
      resolve(text);
    };
    const timer = setTimeout(done, limitMs);
    stdin.setEncoding('utf8');
    stdin.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > SIZE_LIMIT || (chunk.trimEnd().endsWith('}') && isWhole(text))) done();
    });
    stdin.on('end', done);
    stdin.on('error', done); // a closed or unreadable stdin tells nothing
  });
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // a brace in the middle of it
  }
}

function parseHookInput(value: unknown, text: string): HookInput {
  if (typeof value !== 'object' || value === null) return NOTHING;
  const fields = value as Record<string, unknown>;
  return {
    sessionId: plainText(fields.session_id, 512),
    cwd: plainText(fields.cwd, 4096),
    transcriptPath: plainText(fields.transcript_path, 4096),
    reason: plainText(fields.reason, 64),
    stopHookActive: fields.stop_hook_active === true,
    text,
  };
}

/** Non-empty, of bounded length, without control characters; else null. */
export function plainText(value: unknown, limit: number): string | null {
  if (typeof value !== 'string' || value === '' || value.length > limit) return null;
  return /[\x00-\x1f\x7f]/.test(value) ? null : value;
}
