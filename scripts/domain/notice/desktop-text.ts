import type { JobOutcome } from '../job/evidence.ts';
import type { JobRequest } from '../job/job.ts';
import { briefOutcome } from '../job/outcome-text.ts';
import { plainLine } from '../text/harmless.ts';

/** A desktop shows no more than that on one line. */
const WHAT_LIMIT = 120;

/** What a desktop is shown: id, what it was, how it ended, how much of it failed. Nothing of the job's output. */
export interface DesktopText {
  title: string;
  message: string;
}

/**
 * What it was is a stranger's text, and it goes through notify-send (which takes `-x` for an option and `\n` in the message
 * for a line feed) to a desktop that may take `<b>` and `&` for markup. So it stands in the title, behind a word of ours,
 * and without the characters that mean something to any of them; each has a look-alike. `counts` are numbers in words of ours.
 */
export function desktopText(
  { id, title, summary }: JobRequest,
  outcome: JobOutcome,
  counts: string | null = null,
): DesktopText {
  const what = plainLine(summary || title, WHAT_LIMIT).replace(/[\\&]/g, (found) => LOOK_ALIKE[found] ?? ' ');
  return { title: `${briefOutcome(outcome)}: ${what}`, message: counts === null ? id : `${counts} (${id})` };
}

const LOOK_ALIKE: Record<string, string> = { '\\': '＼', '&': '＆' };
