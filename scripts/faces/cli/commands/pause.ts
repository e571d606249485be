import { pause as pauseJob } from '../../../use-cases/jobs/pause.ts';
import type { Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { onlyJob } from '../input/find.ts';
import { requester } from '../input/requester.ts';
import { tellPause } from '../render/pause.ts';
import { spoken } from '../render/spoken.ts';

export const pause: Command = {
  options: {},
  rest: 'words',
  words: 'live-jobs',
  refusesEmpty: true,
  help: `Stops all processes of a shell command's job for a while (SIGSTOP), until \`resume\` lets them go on.

Usage: codex-companion pause [job]

${COMMON_HELP}

Without a job: the only live one of your session; in a plain terminal, of the workspace. A paused job reads running,
phase paused; the end of sessions and terminals means to it what it means to a running one, and anybody may resume it.
Its silence does not count for --stall; its --deadline runs on. A Codex job cannot be paused:
cancel it, and go on with task --resume.
Exit status: 0 paused, 3 it cannot be, 6 something of it goes on running (listed with the reason).

Example:
  codex-companion pause run-mi9x && codex-companion resume run-mi9x
`,
  async run(call) {
    const job = await onlyJob(call);
    const { paused, left, reading } = await pauseJob(job, requester(call));
    const { id: jobId, title } = reading.facts.request;
    const who = spoken(call.out, reading.facts);
    const text = left.length === 0 ? `Paused ${who}.` : `${who} is paused in part.`;
    return tellPause(call, {
      payload: { jobId, status: 'running', phase: 'paused', title, paused, left },
      lists: { done: 'Paused', processes: paused, left },
      text,
      next: call.out.command('resume', jobId),
    });
  },
};
