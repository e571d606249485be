import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Origin } from '../../domain/job/job.ts';
import { type NoticeView, noticeView } from '../../domain/notice/notice.ts';
import { readSettlement, readTellingRecords } from '../../state/job/notice-files.ts';
import { jobDirectory, sessionDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { anyReceived, tellingsOf } from './owed.ts';

/** How far the notice of a job's end has come; null for a job that owes nobody one. */
export function noticeOf(
  layout: WorkspaceLayout,
  job: { id: string; origin: Origin | null },
): NoticeView | null {
  const { id, origin } = job;
  if (!origin) return null;
  const directory = jobDirectory(layout, id);
  const session = sessionDirectory(layout.root, origin.host, origin.sessionId);
  const owed = ['jobs', 'owed'].some((place) => existsSync(join(session, place, id)));
  const settled = readSettlement(directory);
  const records = readTellingRecords(directory);
  const tellings = tellingsOf(layout.root, directory, records);
  // What the next hook would find: nobody may have looked since.
  const received = !settled && anyReceived(records, tellings);
  const last = records.at(-1);
  return noticeView(received && last ? { by: 'receipt', at: last.at } : settled, tellings, owed);
}
