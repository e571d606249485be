import { onReaderGone } from '../../../process/platform/output-reader.ts';
import { makePrivateDirectory } from '../../../state/files/durable.ts';
import type { EventLine } from '../../../state/workspace/event-log.ts';
import { beginAt, eventAlarm, followEvents, tellEvents } from '../../../use-cases/following/follow-events.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE, EXIT_OUTPUT_CLOSED, exitOfSignal, WAITER_SIGNALS } from '../exit-codes.ts';
import { writeChunk } from '../following/log-pump.ts';

const SLOW_READER_MS = 500;

export const events: Command = {
  options: { from: { takes: 'value' }, follow: { takes: 'nothing', short: 'f' } },
  rest: 'nothing',
  help: `Tells what has happened to the jobs of this workspace: a JSON object a line, numbered, for programs.

Usage: codex-companion events [options]

  --from N                 only what comes from number N on: the "next" of the last line that you have read;
                           without it, all that is kept
  -f, --follow             go on with what happens, until you end it
${COMMON_HELP}

Each line has seq (its number), next (the number of the one after it), at, type and jobId. Types: queued,
started, phase, output, stalled, ended, notice-told; docs/events.md tells what each of them holds. started,
queued and ended are always told; what lies between only while somebody follows.
A program that keeps the last "next" and begins there again misses nothing and reads nothing twice. Where the
events from N on are not kept any more, that is an error (exit 3) that names the oldest number.

Examples:
  codex-companion events --follow
  codex-companion events --follow --from 18231
  codex-companion events | jq -r 'select(.type == "ended") | "\\(.jobId) \\(.status)"'
`,
  async run(call) {
    const from = call.options.count('from');
    const { layout } = call.context;
    const begin = beginAt(layout, from);
    if (call.options.has('follow')) return follow(call, begin);
    await tellEvents(layout, begin, tell);
    return EXIT_DONE;
  },
};

async function follow({ context: { layout } }: Call, begin: number): Promise<number> {
  // So that there is something to watch before the first job.
  makePrivateDirectory(layout.directory);
  const alarm = eventAlarm(layout);
  let status: number | undefined;
  for (const signal of WAITER_SIGNALS) {
    process.on(signal, () => {
      status ??= exitOfSignal(signal);
      alarm.ring();
      // A reader that has stopped reading keeps us in the middle of a line.
      setTimeout(() => process.exit(status), SLOW_READER_MS).unref();
    });
  }
  using _ = onReaderGone(() => {
    status ??= EXIT_OUTPUT_CLOSED;
    alarm.ring();
  });
  const isOver = () => status !== undefined;
  try {
    await followEvents(layout, begin, { tell, isOver }, alarm);
  } finally {
    alarm.close();
  }
  return status ?? EXIT_DONE;
}

/** The stored line with its numbers before it: every reader gets the same bytes. */
function tell({ seq, next, json }: EventLine): Promise<void> {
  return writeChunk(`{"seq":${seq},"next":${next},${json.slice(1)}\n`);
}
