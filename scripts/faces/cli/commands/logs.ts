import { formatBytes } from '../../../domain/base/bytes.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import { jobFiles } from '../../../state/job/job-directory.ts';
import { jobDirectory } from '../../../state/layout.ts';
import { isShorter, logSize } from '../../../state/log/log.ts';
import { waitForJobs } from '../../../use-cases/jobs/wait.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { readJob } from '../../../use-cases/reading/read-job.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP, FRAMED_HELP } from '../common-help.ts';
import { EXIT_DONE, EXIT_JOB_NOT_COMPLETED, EXIT_TIMED_OUT } from '../exit-codes.ts';
import { tellShrunk } from '../following/follow.ts';
import { FramedView } from '../following/framed-view.ts';
import { LineSearch, patternOf } from '../following/line-search.ts';
import { LogPump } from '../following/log-pump.ts';
import { lastLines, readText } from '../following/log-text.ts';
import { AS_IT_IS, type LogView, ReadableView } from '../following/log-view.ts';
import { whileWaiting } from '../following/waiter.ts';
import { namedJob } from '../input/find.ts';

/** The longest character: a smaller limit would never come past it. */
const CHARACTER_BYTES = 4;

export const logs: Command = {
  options: {
    follow: { takes: 'nothing', short: 'f' },
    until: { takes: 'value' },
    timeout: { takes: 'value' },
    since: { takes: 'value' },
    tail: { takes: 'value', also: ['-n', '--lines'] },
    limit: { takes: 'value' },
    raw: { takes: 'nothing' },
    framed: { takes: 'nothing' },
  },
  rest: 'words',
  words: 'jobs',
  help: `Shows a job's output.

Usage: codex-companion logs [job] [options]

  -f, --follow             go on until the job has ended
  --until REGEX            go on until a line matches (JavaScript's syntax; the line as it is shown), and end with it
  --timeout D              with --follow or --until: give up after D with status 124; the job goes on
  --since CURSOR           only what comes after that byte: where an earlier answer ended, or a place in a result
  -n, --tail N             only the last N lines, and no more of them than the log's last 4 MiB (or N KiB)
  --limit N                at most about N bytes
  --raw                    byte for byte as the job wrote it. Otherwise as a terminal shows it in the end: no colours,
                           progress bars in their last state, and a word in the place of what is no text
${FRAMED_HELP}
${COMMON_HELP}

A cursor counts bytes of the log from its beginning, however it is shown. While there is more to come, a line on stderr
says how to go on. --json prints {jobId, text, cursor, size, done}: the text as it is, at most 4 MiB, the cursor to go
on from, the log's size now, done when the job has ended and all is told; with --follow one such object a line.
The texts of successive cursors make the whole log: nothing twice, nothing left out. Bytes that are not UTF-8 are
replaced in text, never with --raw.

Exit status: 0 all is shown, or with --until a line has matched; 1 the job has ended and no line has; 124 timed out.

Examples:
  codex-companion logs run-mi9 --tail 50
  codex-companion logs run-mi9 --since 18320
  codex-companion logs run-mi9 --follow
  codex-companion logs run-mi9 --until 'listening on' --timeout 1m
  codex-companion logs run-mi9 --raw > build.log
`,
  async run(call) {
    call.options.refuseTogether('since', 'tail');
    call.options.refuseTogether('raw', 'framed');
    for (const option of ['follow', 'until']) call.options.refuseTogether(option, 'limit');
    const wanted = untilOf(call);
    const since = call.options.count('since');
    const lines = call.options.count('tail');
    const limit = limitOf(call);
    const job = await namedJob(call, 'any');
    const file = jobFiles(jobDirectory(job.layout, job.id)).log;
    if (!call.out.json) call.out.head();
    const offset =
      lines === undefined ? checkedCursor(call, job, file, since ?? 0) : tailOffset(call, file, lines);
    if (wanted || call.options.has('follow')) return followOn(call, job, file, offset, wanted);
    if (!call.out.json)
      return show(call, job, file, { from: offset, ...(limit === undefined ? {} : { limit }) });
    const shrunk = offset < (since ?? 0) ? { shrunk: true } : {};
    call.out.answer({ ...piece(job, file, offset, limit), ...shrunk }, String);
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

/** Of a log that has been emptied since, from its start. */
function checkedCursor(call: Call, job: FoundJob, file: string, cursor: number): number {
  if (!isShorter(file, cursor)) return cursor;
  if (!call.out.json) tellShrunk(call, job);
  return 0;
}

function untilOf({ options }: Call): RegExp | undefined {
  const text = options.text('until');
  return text === undefined ? undefined : patternOf('until', text);
}

async function show(
  call: Call,
  job: FoundJob,
  file: string,
  range: { from: number; limit?: number },
): Promise<number> {
  const view = viewOf(call);
  const pump = new LogPump(file, { ...range, view, onShrunk: () => tellShrunk(call, job) });
  const ended = hasEnded(job);
  await pump.drain();
  await pump.finish(ended && pump.cursor + view.held >= logSize(file));
  tellHowToGoOn(call, job, { ended, cursor: pump.cursor, size: logSize(file) });
  return EXIT_DONE;
}

function viewOf(call: Call): LogView {
  if (call.options.has('raw')) return AS_IT_IS;
  return call.out.forModel ? new FramedView() : new ReadableView();
}

/** Shows what is there and what comes, to the job's end or to the first line that is wanted. */
async function followOn(
  call: Call,
  job: FoundJob,
  file: string,
  from: number,
  wanted: RegExp | undefined,
): Promise<number> {
  const search = wanted && new LineSearch(file, wanted, from);
  const seconds = call.options.duration('timeout');
  const follower = call.out.json
    ? new JsonFollower(call, job, file, from)
    : new TextFollower(call, job, file, from);
  const onChange = () => {
    search?.look();
    follower.wake(search?.seen ?? Number.MAX_SAFE_INTEGER);
  };
  const { timedOut } = await whileWaiting(call, [job], () =>
    waitForJobs([job], {
      ...{ onChange, enough: () => search?.found !== undefined },
      ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
    }),
  );
  // Complete is what will not grow: at a match, or where the time is up, more may come.
  await follower.finish(!timedOut && !search?.found);
  if (search?.found || (!search && !timedOut)) return EXIT_DONE;
  const why = timedOut ? 'The wait timed out; the job goes on.' : `${job.id} has ended, and no line matched.`;
  call.out.talk(why);
  return timedOut ? EXIT_TIMED_OUT : EXIT_JOB_NOT_COMPLETED;
}

class TextFollower {
  readonly #pump: LogPump;

  constructor(call: Call, job: FoundJob, file: string, from: number) {
    const onShrunk = () => tellShrunk(call, job);
    this.#pump = new LogPump(file, { from, view: viewOf(call), onShrunk });
  }

  wake(upTo: number): void {
    this.#pump.goUpTo(upTo);
    this.#pump.wake();
  }

  finish(complete: boolean): Promise<void> {
    return this.#pump.finish(complete);
  }
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

class JsonFollower {
  readonly #call: Call;
  readonly #job: FoundJob;
  readonly #file: string;
  #at: number;
  #upTo = Number.MAX_SAFE_INTEGER;
  #done = false;

  constructor(call: Call, job: FoundJob, file: string, from: number) {
    this.#call = call;
    this.#job = job;
    this.#file = file;
    this.#at = from;
  }

  wake(upTo: number): void {
    this.#upTo = upTo;
    if (!this.#done) this.#tell();
  }

  async finish(complete: boolean): Promise<void> {
    // The end may be committed a moment before it can be read.
    while (complete && !this.#done) this.#tell();
  }

  #tell(): void {
    const shrunk = isShorter(this.#file, this.#at);
    if (shrunk) this.#at = 0;
    for (let more: object = shrunk ? { shrunk } : {}; this.#at < this.#upTo; more = {}) {
      const found = { ...piece(this.#job, this.#file, this.#at, this.#upTo - this.#at), ...more };
      if (found.text !== '' || found.done || shrunk) this.#call.out.jsonLine(found);
      this.#done = found.done;
      if (found.done || found.cursor === this.#at) return;
      this.#at = found.cursor;
    }
  }
}
