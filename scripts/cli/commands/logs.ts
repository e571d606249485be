import { CompanionError } from '../../domain/errors.ts';
import { jobFiles } from '../../state/job-directory.ts';
import { jobDirectory } from '../../state/layout.ts';
import { logSize } from '../../state/log.ts';
import type { FoundJob } from '../../supervisor/find-job.ts';
import { readJob } from '../../supervisor/settle.ts';
import { waitForJobs } from '../../supervisor/wait.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { namedJob } from '../find.ts';
import { LogPump } from '../log-pump.ts';
import { offsetOfLastLines, readText } from '../log-text.ts';
import { whileWaiting } from '../waiter.ts';

export const logs: Command = {
  options: { follow: { takes: 'nothing', short: 'f' }, since: { takes: 'value' }, tail: { takes: 'value' } },
  rest: 'words',
  help: `Shows a job's output, byte for byte.

Usage: codex-companion logs [job] [options]

  -f, --follow             go on until the job has ended
  --since CURSOR           only what comes after that cursor (of an earlier --json answer)
  --tail N                 only the last N lines
${COMMON_HELP}

--json prints {jobId, text, cursor, done}: at most 4 MiB of text, the cursor to go on from, and done
when the job has ended and all is told; with --follow one such object a line. Bytes that are not
UTF-8 are replaced in text, never in the plain output.

Examples:
  codex-companion logs run-mi9 --tail 50
  codex-companion logs run-mi9 --follow
`,
  async run(call) {
    call.options.refuseTogether('since', 'tail');
    const since = call.options.count('since');
    const lines = call.options.count('tail');
    const job = await namedJob(call, 'any');
    const file = jobFiles(jobDirectory(job.layout, job.id)).log;
    const offset = lines === undefined ? checkedCursor(file, since ?? 0) : offsetOfLastLines(file, lines);
    if (call.out.json)
      return call.options.has('follow')
        ? followAsJson(call, job, file, offset)
        : once(call, job, file, offset);
    const pump = new LogPump(file, offset);
    if (call.options.has('follow'))
      await whileWaiting(call, [job], () => waitForJobs([job], { onChange: () => pump.wake() }));
    await pump.drain();
    return EXIT_DONE;
  },
};

function checkedCursor(file: string, cursor: number): number {
  const size = logSize(file);
  if (cursor <= size) return cursor;
  throw new CompanionError('usage', `--since ${cursor} lies beyond the log's end at ${size}.`, {
    hint: 'Use the cursor that an earlier answer for the same job gave.',
  });
}

function once(call: Call, job: FoundJob, file: string, offset: number): number {
  call.out.answer(piece(job, file, offset), String);
  return EXIT_DONE;
}

interface Piece {
  jobId: string;
  text: string;
  cursor: number;
  done: boolean;
}

/** Whether it has ended is asked first: what is read after that is all there will be. */
function piece(job: FoundJob, file: string, offset: number): Piece {
  const ended = readJob(job.layout, job.id).facts.outcome !== null;
  const { text, cursor } = readText(file, offset, ended);
  return { jobId: job.id, text, cursor, done: ended && cursor >= logSize(file) };
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
