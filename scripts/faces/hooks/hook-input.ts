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
  /** inside a subagent: which one */
  agentId: string | null;
  /** PreToolUse: the call of the shell tool, where it is one */
  shellCall: ShellCall | null;
}

/** A command that the agent is about to run. */
export interface ShellCall {
  toolUseId: string;
  command: string;
  /** what the model calls it */
  title: string | null;
  /** in the host's own background, which the host looks after */
  inBackground: boolean;
}

const NOTHING: HookInput = {
  ...{ sessionId: null, cwd: null, transcriptPath: null, reason: null },
  ...{ agentId: null, shellCall: null },
  ...{ stopHookActive: false, text: '' },
};

/** Nobody's hook input is that long; what is, is not read to its end. Bytes. */
const SIZE_LIMIT = 1024 * 1024;

/**
 * Reads the host's JSON as soon as it is whole: an end of stdin is not needed, as it may come late or never. After
 * `limitMs` milliseconds, and for what is no JSON object, every field is null. `shellTool`: as the host calls it.
 */
export async function readHookInput(stdin: Readable, limitMs: number, shellTool: string): Promise<HookInput> {
  const text = await readObject(stdin, limitMs);
  try {
    return parseHookInput(JSON.parse(text), text, shellTool);
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

function parseHookInput(value: unknown, text: string, shellTool: string): HookInput {
  if (typeof value !== 'object' || value === null) return NOTHING;
  const fields = value as Record<string, unknown>;
  return {
    sessionId: plainText(fields.session_id, 512),
    cwd: plainText(fields.cwd, 4096),
    transcriptPath: plainText(fields.transcript_path, 4096),
    reason: plainText(fields.reason, 64),
    stopHookActive: fields.stop_hook_active === true,
    agentId: plainText(fields.agent_id, 512),
    shellCall: fields.tool_name === shellTool ? aShellCall(fields) : null,
    text,
  };
}

/** A command may hold anything but NUL. */
function aShellCall({ tool_use_id, tool_input }: Record<string, unknown>): ShellCall | null {
  const toolUseId = plainText(tool_use_id, 512);
  if (toolUseId === null || typeof tool_input !== 'object' || tool_input === null) return null;
  const { command, description, run_in_background } = tool_input as Record<string, unknown>;
  if (typeof command !== 'string' || command.includes('\0')) return null;
  const title = plainText(description, 512);
  return { toolUseId, command, title, inBackground: run_in_background === true };
}

/** Non-empty, of bounded length, without control characters; else null. */
export function plainText(value: unknown, limit: number): string | null {
  if (typeof value !== 'string' || value === '' || value.length > limit) return null;
  return /[\x00-\x1f\x7f]/.test(value) ? null : value;
}
