import { COMMON_HELP } from '../common-help.ts';
import { VERBS } from '../verbs.ts';

export function mainHelp(): string {
  const width = Math.max(...Object.keys(VERBS).map((verb) => verb.length));
  const verbs = Object.entries(VERBS).map(([verb, { summary }]) => `  ${verb.padEnd(width)}  ${summary}`);
  return `codex-companion: tasks and reviews for OpenAI Codex, and shell commands, as background jobs
that outlive the conversation that started them.

Usage: codex-companion VERB [options] [arguments]

${verbs.join('\n')}

${COMMON_HELP}
  --version                what you have

JOB is a job's number (12), its name, @last, @failed, or its id or a unique part of it. Without JOB,
most verbs take your session's latest job, or else the workspace's latest; cancel, pause and resume
act only if exactly one job is running.

Exit status: 0 done · 1 the job failed, timed out, was cancelled or lost · 2 usage · 3 no such job,
or not in a state for this · 4 Codex or the broker not available · 5 state locked or not usable,
or a system that is not supported · 6 something is left after a cancel · 70 a bug · 124 the wait
timed out, the job goes on · 127 there is no such program.
A foreground run, and wait for one run job, exit with that command's own status; --exit-code=outcome
gives this table instead.

Options of every verb may stand before it. Other programs' names work, too: ls, ps and jobs are status,
kill and stop are cancel, tail is logs; -b and -d are --background.

codex-companion VERB --help tells more.
`;
}
