import { desktopText } from '../../../domain/notice/desktop-text.ts';
import { now } from '../../../process/clock.ts';
import type { Environment } from '../../../process/environment.ts';
import { runProgram } from '../../../process/program/run-program.ts';
import { writeOnce } from '../../../state/files/durable.ts';
import { readJobFacts } from '../../../state/job/job-directory.ts';
import { LINES_MS as LOOK_MS, linesOf } from '../lines.ts';
import { desktopFiles } from '../ways/desktop.ts';

/** An older end is no news: somebody looks at a job that ended while notifications were off. */
const NEWS_MS = 3_600_000;
/** A desktop that does not answer must not keep this process. */
const LIMIT_MS = 60_000;
const OPTIONS = ['--app-name', 'codex-companion', '--expire-time', '10000'];

/** Shows the end of a job, once at most. Returns what notify-send said; throws where it failed. */
export async function showOnDesktop(directory: string, environment: Environment): Promise<string> {
  const facts = readJobFacts(directory);
  const { request, outcome } = facts;
  if (!outcome || Date.now() - Date.parse(outcome.finishedAt) > NEWS_MS) return '';
  if (!writeOnce(desktopFiles(directory).claim, `${JSON.stringify({ at: now() })}\n`)) return '';
  const { title, message } = desktopText(
    request,
    outcome,
    linesOf(facts, performance.now() + LOOK_MS).counts,
  );
  const question = { environment, workspace: request.workspaceRoot, limitMs: LIMIT_MS };
  const shown = await runProgram('notify-send', [title, message, ...OPTIONS], question);
  if (!shown.succeeded) throw new Error(shown.sentence);
  return shown.stderr.trim();
}
