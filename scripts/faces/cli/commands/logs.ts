import { formatBytes } from '../../../domain/base/bytes.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import { jobFiles } from '../../../state/job/job-directory.ts';
import { jobDirectory } from '../../../state/layout.ts';
import { logSize } from '../../../state/log/log.ts';
import { waitForJobs } from '../../../use-cases/jobs/wait.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { readJob } from '../../../use-cases/reading/read-job.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { LogPump } from '../following/log-pump.ts';
import { lastLines, readText } from '../following/log-text.ts';
import { AS_IT_IS, ReadableView } from '../following/log-view.ts';
import { whileWaiting } from '../following/waiter.ts';
import { namedJob } from '../input/find.ts';

/** The longest character: a smaller limit would never come past it. */
const CHARACTER_BYTES = 4;

export const logs: Command = {
  options: {
    follow: { takes: 'nothing', short: 'f' },
    since: { takes: 'value' },
    tail: { takes: 'value' },
    limit: { takes: 'value' },
    raw: { takes: 'nothing' },
  },
  rest: 'words',
  help: `Shows a job's output.

Usage: codex-companion logs [job] [options]

  -f, --follow             go on until the job has ended
  --since CURSOR           only what comes after that byte: where an earlier answer ended, or a place in a result
  --tail N                 only the last N lines, and no more of them than the log's last 4 MiB (or N KiB)
  --limit N                at most about N bytes
  --raw                    byte for byte as the job wrote it. Otherwise as a terminal shows it in the end: no colours,
                           progress bars in their last state, and a word in the place of what is no text
${COMMON_HELP}

A cursor counts bytes of the log from its beginning, however it is shown. While there is more to come, a line on stderr
says how to go on. --json prints {jobId, text, cursor, size, done}: the text as it is, at most 4 MiB, the cursor to go
on from, the log's size now, and done when the job has ended and all is told; with --follow one such object a line.
The texts of successive cursors make the whole log: nothing twice, nothing left out. Bytes that are not UTF-8 are
replaced in text, never with --raw.

Examples:
  codex-companion logs run-mi9 --tail 50
  codex-companion logs run-mi9 --since 18320
  codex-companion logs run-mi9 --follow
  codex-companion logs run-mi9 --raw > build.log
`,
  async run(call) {
    call.options.refuseTogether('since', 'tail');
    call.options.refuseTogether('follow', 'limit');
    const since = call.options.count('since');
    const lines = call.options.count('tail');
    const limit = limitOf(call);
    const job = await namedJob(call, 'any');
    const file = jobFiles(jobDirectory(job.layout, job.id)).log;
    const offset = lines === undefined ? checkedCursor(job, file, since ?? 0) : tailOffset(call, file, lines);
    if (!call.out.json)
      return show(call, job, file, { from: offset, ...(limit === undefined ? {} : { limit }) });
    if (call.options.has('follow')) return followAsJson(call, job, file, offset);
    call.out.answer(piece(job, file, offset, limit), String);
    return EXIT_DONE;
  },
};

function tailOffset({ out }: Call, file: string, lines: number): number {
  const { offset, cut } = lastLines(file, lines);
  if (cut) out.talk(`The last lines are very long: shown is the log's end from byte ${offset} on.`);
  return offset;
}

function limitOf({ options }: Call): number | undefined {
  const limit = options.count('limit');
  if (limit !== 0) return limit === undefined ? undefined : Math.max(limit, CHARACTER_BYTES);
  throw new CompanionError('usage', '--limit 0 would show nothing.', { hint: '--limit 4000' });
}

function checkedCursor({ id }: FoundJob, file: string, cursor: number): number {
  const size = logSize(file);
  if (cursor <= size) return cursor;
  throw new CompanionError('usage', `--since ${cursor} lies beyond the end of ${id}'s log at ${size}.`, {
    hint: 'Use the cursor that an earlier answer for the same job gave.',
  });
}

async function show(
  call: Call,
  job: FoundJob,
  file: string,
  range: { from: number; limit?: number },
): Promise<number> {
  const view = call.options.has('raw') ? AS_IT_IS : new ReadableView();
  const pump = new LogPump(file, { ...range, view });
  if (call.options.has('follow')) {
    await whileWaiting(call, [job], () => waitForJobs([job], { onChange: () => pump.wake() }));
    await pump.finish(true);
    return EXIT_DONE;
  }
  const ended = hasEnded(job);
  await pump.drain();
  await pump.finish(ended && pump.cursor + view.held >= logSize(file));
  tellHowToGoOn(call, job, { ended, cursor: pump.cursor, size: logSize(file) });
  return EXIT_DONE;
}

function hasEnded({ layout, id }: FoundJob): boolean {
  return readJob(layout, id).facts.outcome !== null;
}

function tellHowToGoOn(
  { out }: Call,
  { id }: FoundJob,
  { ended, cursor, size }: { ended: boolean; cursor: number; size: number },
): void {
  const left = Math.max(0, size - cursor);
  if (ended && left === 0) return;
  const what = left > 0 ? `there are ${formatBytes(left)} more` : `${id} has not ended`;
  out.talk(`${what}; to go on: ${out.command('logs', id, '--since', String(cursor))}`);
}

interface Piece {
  jobId: string;
  text: string;
  cursor: number;
  /** of the log now, in bytes */
  size: number;
  done: boolean;
}

/** Whether it has ended is asked first: what is read after that is all there will be. */
function piece(job: FoundJob, file: string, offset: number, limit?: number): Piece {
  const ended = hasEnded(job);
  const { text, cursor } = readText(file, offset, ended, limit);
  const size = logSize(file);
  return { jobId: job.id, text, cursor, size, done: ended && cursor >= size };
}

async function followAsJson(call: Call, job: FoundJob, file: string, from: number): Promise<number> {
  let at = from;
  const tell = (): boolean => {
    for (;;) {
      const found = piece(job, file, at);
      if (found.text !== '' || found.done) call.out.jsonLine(found);
      if (found.done || found.cursor === at) return found.done;
      at = found.cursor;
    }
  };
  let done = false;
  const onChange = () => {
    done ||= tell();
  };
  await whileWaiting(call, [job], () => waitForJobs([job], { onChange }));
  while (!done) done = tell();
  return EXIT_DONE;
}
