import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { type Stage, tellTheStory } from '../demo-story.ts';
import { EXIT_DONE, EXIT_JOB_NOT_COMPLETED } from '../exit-codes.ts';

/** The main job of this program, shown step by step on real processes. */
export const demo: Command = {
  options: { shell: { takes: 'nothing' } },
  rest: 'nothing',
  help: `Shows the main job, step by step, in a workspace and a state of its own that are removed afterwards: a session starts
through the real hook, the agent enqueues a background job, the session ends, the job goes on, its result is read, and
nothing is left running. With the real codex where it is installed and logged in, else with a shell job; it says which.

Usage: codex-companion demo [--shell]

  --shell                  use a shell job in any case (uses no model, costs nothing)
${COMMON_HELP}

Examples:
  codex-companion demo
  codex-companion demo --shell
`,
  run: async (call) => {
    const { out } = call;
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ccd-')));
    let story = '';
    const say = (line: string) => {
      if (out.json) story += `${line}\n`;
      else out.data(`${line}\n`);
    };
    try {
      const promised = await tellTheStory(stageIn(folder, call, say));
      if (out.json) out.answer({ promised, story }, String);
      return promised ? EXIT_DONE : EXIT_JOB_NOT_COMPLETED;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function stageIn(folder: string, call: Call, say: Stage['say']): Stage {
  const workspace = join(folder, 'project');
  mkdirSync(workspace);
  return {
    folder,
    workspace,
    stateRoot: join(folder, 'state'),
    program: call.program,
    hook: join(dirname(call.program), '..', 'hooks', 'session-hook.sh'),
    environment: call.context.environment,
    shellOnly: call.options.has('shell'),
    say,
  };
}
