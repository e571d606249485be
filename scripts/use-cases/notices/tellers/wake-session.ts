import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Origin } from '../../../domain/job/job.ts';
import type { Asker } from '../../../domain/notice/notice.ts';
import { HOSTS } from '../../../hosts/hosts.ts';
import { now } from '../../../process/clock.ts';
import { type Environment, resumedEnvironment } from '../../../process/environment.ts';
import { runToItsEnd } from '../../../process/spawn.ts';
import { appendOwnFile, writeOnce } from '../../../state/files/durable.ts';
import { jobFiles, readRequest } from '../../../state/job/job-directory.ts';
import { layoutOfJob, sessionDirectory } from '../../../state/layout.ts';
import { readTail } from '../../../state/log/log.ts';
import { withBaton } from '../../../state/session/baton.ts';
import { readNote } from '../../../state/session/clients.ts';
import { orPassOver } from '../../reading/one-of-many.ts';
import { askerOf, moveOf, type OwedNotice, owedNotices } from '../owed.ts';
import { takeNotices } from '../tell.ts';
import { seemsClosed, wakeFiles } from '../ways/wake-closed.ts';

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
    .find((owed) => orPassOver(owed.jobId, () => isDueInBackground(owed, asker)))?.directory;
}

function isDueInBackground(owed: OwedNotice, asker: Asker): boolean {
  return moveOf(owed, asker).kind === 'tell' && readRequest(owed.directory).background;
}

interface Waking {
  root: string;
  origin: Origin;
  environment: Environment;
}

async function wake({ root, origin, environment }: Waking, directory: string): Promise<void> {
  const { claim, log } = wakeFiles(directory);
  const tell = (line: string) => appendOwnFile(log, `[${now()}] ${line}\n`);
  const { cwd, workspaceRoot } = readRequest(directory);
  const { host, sessionId } = origin;
  const note = readNote(sessionDirectory(root, host, sessionId));
  const resume = await HOSTS[host].resume({ sessionId, note, environment, jobCwd: cwd, workspaceRoot });
  if (!writeOnce(claim, `${JSON.stringify({ at: now(), session: sessionId })}\n`)) return;
  if ('not' in resume) {
    tell(`The session ${sessionId} is not woken: ${resume.not}`);
    return;
  }
  const { bundle } = takeNotices({
    root,
    session: origin,
    way: 'resume',
    transcriptPath: resume.transcriptPath,
  });
  if (!bundle) return;
  const [command = '', ...args] = resume.command;
  tell(`${resume.command.join(' ')} … (in ${resume.cwd})`);
  bundle.said();
  const env = { ...resumedEnvironment(environment), ...resume.environment };
  const { succeeded, sentence } = await runToItsEnd(command, args, {
    ...{ cwd: resume.cwd, env, logFile: log },
    input: bundle.text,
  });
  const isOpenElsewhere = !succeeded && resume.openElsewhere?.test(readTail(log, 4_000));
  if (isOpenElsewhere) bundle.unsaid();
  tell(isOpenElsewhere ? `${sentence} A living process has the session open.` : sentence);
}
