import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { systemCode } from '../domain/base/errors.ts';
import { allCommands } from '../process/command-line.ts';
import type { Environment } from '../process/environment.ts';
import { identify } from '../process/identity.ts';
import { programOnPath } from '../process/search-path.ts';
import { NotPlain, readPlainFile, readRange, withPlainFile } from '../state/files/plain-file.ts';
import type { ClosedSession, Resume } from './host.ts';

/**
 * What Claude Code itself keeps of its sessions: undocumented, tried with 2.1.197 and 2.1.329. Nothing here is written, and
 * whatever is not as expected counts as "there may be somebody".
 */

/** Enough of a transcript for its first lines, one of which names the directory. */
const HEAD_BYTES = 1 << 16;
/** A registered session's file has some hundred bytes. */
const REGISTERED_BYTES = 1 << 20;

/** The transcript of a session and the directory that it is resumed from; undefined where there is none. */
function claudeTranscript(
  environment: Environment,
  sessionId: string,
): { path: string; cwd: string } | undefined {
  const projects = join(configuration(environment), 'projects');
  const path = namesIn(projects)
    .map((project) => join(projects, project, `${sessionId}.jsonl`))
    .find((file) => existsSync(file));
  const cwd = path && firstCwd(path);
  return path && cwd ? { path, cwd } : undefined;
}

export async function resumeClaude({
  sessionId,
  environment,
  workspaceRoot,
}: ClosedSession): Promise<Resume> {
  const program = programOnPath(environment, 'claude', workspaceRoot);
  if (!program) return { not: 'there is no claude on PATH.' };
  if (await isOpenInClaude(environment, sessionId)) return { not: 'a living process has it open.' };
  const transcript = claudeTranscript(environment, sessionId);
  if (!transcript) return { not: 'its transcript is not there.' };
  if (!existsSync(transcript.cwd)) return { not: `its directory ${transcript.cwd} is not there any more.` };
  return {
    command: [program, '-p', '--resume', sessionId],
    cwd: transcript.cwd,
    transcriptPath: transcript.path,
    environment: {},
    openElsewhere: null,
  };
}

/** Does a living Claude Code process have this session open, or was one started to? */
export async function isOpenInClaude(environment: Environment, sessionId: string): Promise<boolean> {
  return isRegistered(environment, sessionId) || (await isNamed(sessionId));
}

function isRegistered(environment: Environment, sessionId: string): boolean {
  const sessions = join(configuration(environment), 'sessions');
  return namesIn(sessions).some((name) => {
    const pid = /^(\d+)\.json$/.exec(name)?.[1];
    if (pid === undefined || !identify(Number(pid))) return false;
    try {
      return readPlainFile(join(sessions, name), REGISTERED_BYTES).includes(sessionId);
    } catch (error) {
      if (systemCode(error) === undefined && !(error instanceof NotPlain)) throw error;
      return false; // it has ended in this moment, or is none of Claude Code's
    }
  });
}

/** `claude --resume ID`, `claude -p --session-id ID`, …: before it registers, and where it does not (2.1.197). */
async function isNamed(sessionId: string): Promise<boolean> {
  return (await allCommands()).some(
    ({ name, command }) =>
      command.includes(sessionId) &&
      (name.includes('claude') || /claude/.test(basename(command.split(' ')[0] ?? ''))),
  );
}

function firstCwd(transcript: string): string | undefined {
  const head = withPlainFile(transcript, { followLinks: true }, ({ fd }) => readRange(fd, 0, HEAD_BYTES));
  for (const line of head.toString('utf8').split('\n').slice(0, -1)) {
    const cwd = /"cwd":("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
    if (cwd) return JSON.parse(cwd) as string;
  }
  return undefined;
}

function configuration({ CLAUDE_CONFIG_DIR, HOME }: Environment): string {
  return CLAUDE_CONFIG_DIR || join(HOME ?? '/', '.claude');
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}
