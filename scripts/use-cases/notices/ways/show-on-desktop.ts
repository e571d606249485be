import NotifySend from 'toasted-notifier/notifiers/notifysend.js';
import { desktopText } from '../../../domain/notice/desktop-text.ts';
import { now } from '../../../process/clock.ts';
import { writeOnce } from '../../../state/files/durable.ts';
import { readJobFacts } from '../../../state/job/job-directory.ts';
import { desktopFiles } from './desktop.ts';

/** An older end is no news: somebody looks at a job that ended while notifications were off. */
const NEWS_MS = 3_600_000;

/** Shows the end of a job, once at most. Throws what notify-send said where it failed. */
export async function showOnDesktop(directory: string): Promise<void> {
  const { request, outcome } = readJobFacts(directory);
  if (!outcome || Date.now() - Date.parse(outcome.finishedAt) > NEWS_MS) return;
  if (!writeOnce(desktopFiles(directory).claim, `${JSON.stringify({ at: now() })}\n`)) return;
  const notification = { ...desktopText(request, outcome), 'app-name': 'codex-companion' };
  await new Promise<void>((resolve, reject) => {
    new NotifySend().notify(notification, (problem) => {
      if (problem) reject(problem instanceof Error ? problem : new Error(problem.trim()));
      else resolve();
    });
  });
}
