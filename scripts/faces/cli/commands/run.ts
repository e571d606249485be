import { KINDS } from '../../../domain/job/kinds.ts';
import { PLACE_NAMES } from '../../../domain/job/place.ts';
import { LEFTOVERS } from '../../../domain/job/specs.ts';
import { shorten } from '../../../domain/text/shorten.ts';
import { aJobName } from '../../../domain/workspace/reference.ts';
import type { JobDraft } from '../../../use-cases/jobs/enqueue.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { BACKGROUND } from '../input/grammar.ts';
import { limitHelp, limitOptions } from '../input/limit-options.ts';
import type { Options } from '../input/options.ts';
import { commandOf, type RunCommand, type ShellText } from '../input/run-command.ts';
import { placeHelp, placeOption, runOptions } from '../input/run-options.ts';
import { launch } from '../launch.ts';
import { jobInput } from '../stdin/job-input.ts';

export const run: Command = {
  options: {
    background: BACKGROUND,
    ...limitOptions('shell'),
    leftovers: { takes: 'value', values: LEFTOVERS },
    stdin: { takes: 'value', values: 'files' },
    on: { takes: 'value', values: PLACE_NAMES },
    scope: { takes: 'nothing' },
    name: { takes: 'value', also: ['-n'] },
    shell: { takes: 'value' },
    'exit-code': { takes: 'value', values: ['outcome'] },
    'on-complete': { takes: 'value' },
  },
  rest: 'command',
  help: `Runs a shell command as a job: in its own session and process group, its output in a file, its end recorded.

Usage: codex-companion run [options] [--] command [arguments…]
       codex-companion run [options] --shell 'text'

  -b, --background         return at once with the job's id; the job outlives the session
${limitHelp('shell')}
  --leftovers WHAT         what becomes of processes that still run when the command has ended: leave (the default:
                           the outcome says how many), wait (the job ends when they have), stop (TERM, then KILL)
  --stdin FILE             what it reads; - waits for the end of our own stdin. Without it: a file or here-document on
                           stdin, from where it stands; what comes through a pipe, to its end (64 MB at most), if it
                           begins within 250 ms; else /dev/null, which is said where a pipe was left open
  --on PLACE               where to run it:
${placeHelp()}
  --scope                  the same as --on scope
  -n, --name NAME          what to call it in status
  --shell TEXT             a text for bash (the first on PATH; sh where there is none); what it starts with & makes it
                           one background job, which ends when all of it has ended
  --exit-code=outcome      exit by the table (0 completed, 1 otherwise) instead of with the command's status
  --on-complete TEXT       a text for sh -c, run once when the job has ended, however; the outcome stands in
                           CODEX_COMPANION_JOB_STATUS, …_EXIT_CODE and more, and as JSON on its stdin
${COMMON_HELP}

Options end at the first word of the command. A word behind it that is also an option of ours is refused; -- says whose
it is. What only a shell can do (cd, source, FOO=1 …, &&, |, >) is for --shell.

In the foreground its output is copied to stdout, and this command exits with the command's own
status (128 + n for signal n). If this command is ended, the job goes on.

Examples:
  codex-companion run --background -- npm test
  codex-companion run --deadline 10m -- make -j4
  codex-companion run --leftovers stop -- ./integration-tests     no server stays behind
  codex-companion run --background --output-limit 1G --stdin cases.txt -- ./fuzz
  codex-companion run --shell 'npm run dev > dev.log &'
  codex-companion run --shell 'npm run api & npm run web &'     one job, ends after both
`,
  async run(call) {
    const command = commandOf(call, placeOption(call));
    const { shell } = command;
    if (shell) tellReading(call, shell);
    const draft = draftOf(call, command);
    return launch(call, draft, {
      input: await jobInput(call),
      told: shell && { shell: toldOf(shell) },
    });
  },
};

function draftOf(call: Call, { argv, shown, shell }: RunCommand): JobDraft {
  const { options } = call;
  options.oneOf('exit-code', ['command', 'outcome']);
  return {
    kind: 'run',
    title: nameOption(options) ?? KINDS.run.title,
    summary: shorten(shown),
    background: shell?.reading.starts === 'yes' || options.has('background'),
    limits: options.limits('shell'),
    ...options.onComplete(),
    origin: call.origin(),
    place: placeOption(call),
    spec: { argv, ...runOptions(call) },
  };
}

function nameOption(options: Options): string | undefined {
  const name = options.text('name');
  return name === undefined ? undefined : shorten(aJobName(name));
}

function tellReading(call: Call, { reading }: ShellText): void {
  if (reading.starts === 'yes') {
    const { shown, meaning } = reading.promotion;
    call.out.talk(`Runs as one job in the background: ${shorten(shown)}\n(${meaning})`);
  } else if (reading.starts === 'unsure') call.out.talk(`Runs as it is, with its &: ${reading.why}.`);
}

/** What `--json` says of it: `starts` is yes, no or unsure; `text` is what the shell was given. */
function toldOf({ program, reading }: ShellText): object {
  if (reading.starts === 'no') return { program, starts: 'no' };
  if (reading.starts === 'unsure') return { program, ...reading };
  const { text, parts, foreground, meaning } = reading.promotion;
  return { program, starts: 'yes', parts, foreground, meaning, text };
}
