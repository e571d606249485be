import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Origin } from '../../../domain/job/job.ts';
import { claudeTranscript, isOpenInClaude } from '../../../hosts/client-sessions.ts';
import { now } from '../../../process/clock.ts';
import { type Environment, resumedEnvironment } from '../../../process/environment.ts';
import { programOnPath } from '../../../process/search-path.ts';
import { runToItsEnd } from '../../../process/spawn.ts';
import { appendOwnFile, writeOnce } from '../../../state/files/durable.ts';
import { jobFiles, readRequest } from '../../../state/job/job-directory.ts';
import { layoutOfJob, sessionDirectory } from '../../../state/layout.ts';
import { readTail } from '../../../state/log/log.ts';
import { withBaton } from '../../../state/session/baton.ts';
import type { SessionNote } from '../../../state/session/client-note.ts';
import { readNote } from '../../../state/session/clients.ts';
import { askerOf, moveOf, owedNotices } from '../owed.ts';
import { takeNotices } from '../tell.ts';
import { seemsClosed, wakeFiles } from './wake-closed.ts';

/**
 * The waker of a job's session, a process of its own. One at a time for a session: what ends meanwhile is looked for when the
 * run is over, and once more when the turn has been given up, by which time others see to it themselves.
 */
export async function wakeClosedSession(directory: string, environment: Environment): Promise<void> {
  const request = readRequest(directory);
  const { origin } = request;
  if (!origin) return;
  const { root } = layoutOfJob(directory, request.workspaceRoot);
  const session = sessionDirectory(root, origin.host, origin.sessionId);
  while (jobToWakeFor(root, origin) !== undefined) {
    const done = await withBaton(join(session, 'waking'), async () => {
      for (let job = jobToWakeFor(root, origin); job; job = jobToWakeFor(root, origin))
        await wake({ root, origin, environment }, job);
    });
    if (!done) return;
  }
}

/** The directory of a job whose notice is due to the closed session, and for which nobody has woken it. */
function jobToWakeFor(root: string, origin: Origin): string | undefined {
  if (!seemsClosed(root, origin)) return undefined;
  const session = sessionDirectory(root, origin.host, origin.sessionId);
  const asker = askerOf(session, 'resume');
  return owedNotices(root, session)
    .filter(
      ({ directory }) => !existsSync(wakeFiles(directory).claim) && existsSync(jobFiles(directory).request),
    )
    .find((owed) => moveOf(owed, asker).kind === 'tell' && readRequest(owed.directory).background)?.directory;
}

interface Waking {
  root: string;
  origin: Origin;
  environment: Environment;
}

async function wake({ root, origin, environment }: Waking, directory: string): Promise<void> {
  const { claim, log } = wakeFiles(directory);
  const tell = (line: string) => appendOwnFile(log, `[${now()}] ${line}\n`);
  const { cwd } = readRequest(directory);
  const resume = await howToResume({ root, origin, environment }, cwd);
  if (!writeOnce(claim, `${JSON.stringify({ at: now(), session: origin.sessionId })}\n`)) return;
  if ('not' in resume) {
    tell(`The session ${origin.sessionId} is not woken: ${resume.not}`);
    return;
  }
  const { bundle } = takeNotices({
    root,
    session: origin,
    way: 'resume',
    transcriptPath: resume.transcriptPath,
  });
  if (!bundle) return;
  const [command = '', ...args] = [...resume.command, bundle.text];
  tell(`${resume.command.join(' ')} … (in ${resume.cwd})`);
  bundle.said();
  const env = { ...resumedEnvironment(environment), ...resume.environment };
  const { succeeded, sentence } = await runToItsEnd(command, args, { cwd: resume.cwd, env, logFile: log });
  const isOpenElsewhere = !succeeded && CODEX_REFUSAL.test(readTail(log, 4_000));
  if (isOpenElsewhere) bundle.unsaid();
  tell(isOpenElsewhere ? `${sentence} A living process has the session open.` : sentence);
}

/** Only one process may have a thread loaded; said before anything of the prompt is heard. Tried with 0.169. */
const CODEX_REFUSAL = /already has an active writer/;

type Resume =
  | { command: string[]; cwd: string; transcriptPath: string | null; environment: Record<string, string> }
  | { not: string };

/** Codex answers by itself where another process has the thread: it holds the thread's writer lock. */
async function howToResume({ root, origin, environment }: Waking, jobCwd: string): Promise<Resume> {
  const { host, sessionId } = origin;
  if (host === 'codex') {
    const note = readNote(sessionDirectory(root, host, sessionId));
    const program = codexFor(note, environment);
    if (!program) return { not: 'there is no codex on PATH, and the program that it ran in is gone.' };
    return {
      command: [program, 'exec', 'resume', '--skip-git-repo-check', sessionId],
      cwd: existsSync(jobCwd) ? jobCwd : '/',
      transcriptPath: note?.transcriptPath ?? null,
      environment: note?.codexHome ? { CODEX_HOME: note.codexHome } : {},
    };
  }
  if (await isOpenInClaude(environment, sessionId)) return { not: 'a living process has it open.' };
  const transcript = claudeTranscript(environment, sessionId);
  if (!transcript) return { not: 'its transcript is not there.' };
  if (!existsSync(transcript.cwd)) return { not: `its directory ${transcript.cwd} is not there any more.` };
  return {
    command: ['claude', '-p', '--resume', sessionId],
    cwd: transcript.cwd,
    transcriptPath: transcript.path,
    environment: {},
  };
}

/** Codex's own shell, from which the job comes, is a login shell: its PATH may have lost the host's own program. */
function codexFor(note: SessionNote | null, environment: Environment): string | undefined {
  const program = programOnPath(environment, 'codex') ?? note?.program;
  return program && existsSync(program) ? program : undefined;
}
