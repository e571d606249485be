import type { AppServer } from '../../../scripts/codex/program/app-server.ts';
import type { Progress } from '../../../scripts/codex/turn/record.ts';
import type { TurnResult } from '../../../scripts/codex/turn/result.ts';
import type { TurnOptions, TurnRequest } from '../../../scripts/codex/turn/turn.ts';
import type { ModelStep } from '../real/model-script.ts';
import { type CodexBench, follow } from './codex-bench.ts';

/** One turn that ends the same way on the real Codex and on the fake. */
export interface TurnStory {
  name: string;
  request(bench: CodexBench): TurnRequest;
  /** what the model does in a review, whose prompt Codex writes */
  reviewer?: ModelStep[];
  options?: TurnOptions;
  /** cancelled as soon as it is in this phase */
  cancelIn?: Progress['phase'];
}

const patch = "apply_patch <<'PATCH'\n*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\nPATCH";
const fullAccess = { sandbox: 'danger-full-access' } as const;

export const turnStories: TurnStory[] = [
  {
    name: 'a task that thinks, runs commands and answers',
    request: (bench) =>
      bench.task(
        '[[reason:**Thinking**]][[exec:echo out; exit 3]][[exec:true]][[say:All done.]]',
        fullAccess,
      ),
  },
  {
    name: 'a task that writes a file',
    request: (bench) => bench.task(`[[exec:${patch}]][[say:patched]]`, { sandbox: 'workspace-write' }),
  },
  ...[
    '[[http:500]]',
    '[[http:401]]',
    '[[http:429]]',
    '[[fail:rate_limit_exceeded|slow down]]',
    '[[drop]]',
  ].map(
    (prompt): TurnStory => ({
      name: `a model that answers ${prompt}`,
      request: (bench) => bench.task(prompt),
    }),
  ),
  {
    name: 'a model that hangs until the deadline',
    request: (bench) => bench.task('[[hang]]'),
    options: { deadlineMs: 800 },
  },
  {
    name: 'a model that hangs until it counts as stalled',
    request: (bench) => bench.task('[[hang]]'),
    options: { stallMs: 800 },
  },
  {
    name: 'a cancelled task whose command runs',
    request: (bench) => bench.task('[[exec:sleep 300]][[say:never]]', fullAccess),
    cancelIn: 'running-command',
  },
  {
    name: 'a command that goes on in the background of a model that hangs',
    request: (bench) => bench.task('[[exec:sleep 300]][[hang]]', fullAccess),
    options: { stallMs: 1_000 },
  },
  {
    name: 'a turn whose model has started an agent',
    request: (bench) => bench.task('[[agent:sleep 300]][[hang]]', fullAccess),
    options: { deadlineMs: 2_500 },
  },
  {
    name: 'a review',
    request: (bench) => bench.review(),
    reviewer: [{ exec: 'git diff --stat' }, { say: 'One finding.' }],
  },
  {
    name: 'a cancelled review whose command runs',
    request: (bench) => bench.review(),
    reviewer: [{ exec: 'sleep 300' }],
    cancelIn: 'running-command',
  },
  { name: 'a review whose model fails', request: (bench) => bench.review(), reviewer: [{ http: 500 }] },
  {
    name: 'a thread that nobody knows',
    request: (bench) => bench.task('[[say:x]]', { resumeThreadId: '019aa5a7-0000-7000-8000-000000000000' }),
  },
];

/** How the story went, without what differs from run to run. */
export async function tell(bench: CodexBench, server: AppServer, story: TurnStory) {
  const cancel = new AbortController();
  const cancelInPhase = (phase: Progress['phase']) => phase === story.cancelIn && cancel.abort();
  const { result, progress } = await follow(server, story.request(bench), {
    ...story.options,
    signal: cancel.signal,
    onProgress: ({ phase }) => void cancelInPhase(phase),
  });
  const phases = progress.map(({ phase }) => phase);
  // What comes after a stop (the end of a command, or of the turn) comes when it comes.
  const asked = phases.includes('stopping') ? phases.slice(0, phases.indexOf('stopping') + 1) : phases;
  return {
    result: withoutChance(result, bench, story),
    progress: asked,
  };
}

function withoutChance(result: TurnResult, bench: CodexBench, { cancelIn }: TurnStory) {
  const { threadId, turnId, rollout, commands, tokenUsage, ...rest } = result;
  const told = {
    ...rest,
    ids: [typeof threadId, typeof turnId, typeof rollout?.path],
    // A command that is cut off has status -1 or none yet, as its end comes before or after ours.
    commands: commands.map(({ command, exitCode }) => [
      command.replace(/^\/bin\/bash -l?c /, '').replaceAll("'", ''),
      (exitCode ?? -1) < 0 ? 'cut off' : exitCode,
    ]),
    // Codex counts when the model's answer ends; a command of that answer may have begun, and been cancelled, before.
    usageKnown: cancelIn === undefined && tokenUsage !== null,
  };
  return JSON.parse(plainly(JSON.stringify(told), bench, result));
}

/** Texts of the real network stack, and paths, are cut to what is common. */
function plainly(text: string, bench: CodexBench, { threadId }: TurnResult): string {
  return text
    .replaceAll(bench.folder, '')
    .replaceAll(threadId ?? 'no thread', 'THREAD')
    .replace(/(Transport error)[^"]*/g, '$1')
    .replace(/(unexpected status \d+|exceeded retry limit)[^"]*/g, 'status');
}
