import { existsSync } from 'node:fs';
import { type CodexProgram, locateCodex } from '../codex/program/locate.ts';
import { queueMessage } from '../codex/program/message-queue.ts';
import { CompanionError } from '../domain/base/errors.ts';
import type { ProcessIdentity } from '../domain/base/identity.ts';
import { type Environment, neutralEnvironment } from '../process/environment.ts';
import { programOnPath } from '../process/search-path.ts';
import type { SessionNote } from '../state/session/client-note.ts';
import { programOf } from './codex-program.ts';
import type { ClosedSession, Put, Resume } from './host.ts';

/** How sessions of Codex are reached from outside. */

export async function queueOf(
  session: SessionNote,
  ours: Environment,
  workspaceRoot: string | null,
): Promise<Put | undefined> {
  const environment = { ...neutralEnvironment(ours), ...homeOf(session) };
  const program = programFor(session.client, environment, workspaceRoot);
  const { sessionId: threadId } = session;
  return (
    program && ((text) => queueMessage(program, environment, { threadId, text, workspace: workspaceRoot }))
  );
}

/** The very program that the session runs in, as long as that can be seen: its queue is the one that it reads. */
function programFor(
  client: ProcessIdentity | null,
  environment: Environment,
  workspaceRoot: string | null,
): CodexProgram | undefined {
  const command = client ? programOf(client.pid) : undefined;
  if (command !== undefined) return { command, args: [], environment: {}, kind: 'native' };
  try {
    return locateCodex(environment, workspaceRoot);
  } catch (error) {
    if (error instanceof CompanionError) return undefined;
    throw error;
  }
}

/** Codex answers by itself where another process has the thread: it holds the thread's writer lock. */
export async function resumeCodex(session: ClosedSession): Promise<Resume> {
  const { sessionId, note, jobCwd } = session;
  const program = programToResumeWith(session);
  if (!program) return { not: 'there is no codex on PATH, and the program that it ran in is gone.' };
  return {
    command: [program, 'exec', 'resume', '--skip-git-repo-check', sessionId, '-'],
    cwd: existsSync(jobCwd) ? jobCwd : '/',
    transcriptPath: note?.transcriptPath ?? null,
    environment: homeOf(note),
    openElsewhere: /already has an active writer/,
  };
}

/** Codex's own shell, from which the job comes, is a login shell: its PATH may have lost the host's own program. */
function programToResumeWith({ note, environment, workspaceRoot }: ClosedSession): string | undefined {
  const program = programOnPath(environment, 'codex', workspaceRoot) ?? note?.program;
  return program && existsSync(program) ? program : undefined;
}

function homeOf(note: SessionNote | null): Record<string, string> {
  return note?.codexHome ? { CODEX_HOME: note.codexHome } : {};
}
