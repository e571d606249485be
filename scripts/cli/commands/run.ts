import { CompanionError } from '../../domain/errors.ts';
import { stripTrailingAmpersand } from '../../domain/shell-text.ts';
import type { JobDraft } from '../../supervisor/enqueue.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { launch } from '../launch.ts';
import { argumentsAreUtf8 } from '../prompt.ts';
import { shorten } from '../text.ts';

export const run: Command = {
  options: {
    background: { takes: 'nothing' },
    deadline: { takes: 'value' },
    stall: { takes: 'value' },
    name: { takes: 'value' },
    shell: { takes: 'value' },
    'exit-code': { takes: 'value' },
  },
  rest: 'command',
  help: `Runs a shell command as a job: in its own session and process group, its output in a file, its end recorded.

Usage: codex-companion run [options] -- command [arguments…]
       codex-companion run [options] --shell 'text'

  --background             return at once with the job's id; the job outlives the session
  --deadline D             stop it after D (90s, 15m, 2h)
  --stall D                stop it after D without output
  --name NAME              what to call it in status
  --shell TEXT             a text for sh -c; an & at its end is taken off and means --background
  --exit-code=outcome      exit by the table (0 completed, 1 otherwise) instead of with the command's status
${COMMON_HELP}

In the foreground its output is copied to stdout, and this command exits with the command's own
status (128 + n for signal n). If this command is ended, the job goes on.

Examples:
  codex-companion run --background -- npm test
  codex-companion run --deadline 10m -- make -j4
  codex-companion run --shell 'npm run dev > dev.log &'
`,
  async run(call) {
    return launch(call, draftOf(call));
  },
};

function draftOf(call: Call): JobDraft {
  const { options } = call;
  options.oneOf('exit-code', ['command', 'outcome']);
  const limits = options.limits();
  const { argv, text, background } = commandOf(call);
  if (background && !options.has('background'))
    call.out.talk('The & at the end is taken off: the job runs in the background, tracked.');
  return {
    kind: 'run',
    title: shorten(options.text('name') ?? 'Shell command'),
    summary: shorten(text),
    background: background || options.has('background'),
    limits,
    origin: call.origin(),
    spec: { argv },
  };
}

function commandOf(call: Call): { argv: string[]; text: string; background: boolean } {
  const shell = call.options.text('shell');
  const { command } = call;
  if (shell !== undefined && command !== undefined)
    throw new CompanionError('usage', 'A command came both with --shell and after --.', {
      hint: 'Give one of them.',
    });
  if (shell !== undefined) {
    const { text, background } = stripTrailingAmpersand(shell);
    return { argv: ['/bin/sh', '-c', text], text, background };
  }
  const [program = ''] = command ?? [];
  if (command === undefined || program === '')
    throw new CompanionError('usage', 'There is no command to run.', {
      hint: "codex-companion run [options] -- command…   or   --shell 'text'",
    });
  if (command.some((word) => word.includes('\uFFFD')) && !argumentsAreUtf8())
    throw new CompanionError('usage', 'The command’s arguments are not UTF-8 text.', {
      hint: 'Put the command into a script and run that.',
    });
  return { argv: command, text: command.join(' '), background: false };
}
