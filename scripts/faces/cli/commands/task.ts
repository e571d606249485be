import { checkWork } from '../../../codex/turn/start.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import { KINDS } from '../../../domain/job/kinds.ts';
import { shorten } from '../../../domain/text/shorten.ts';
import { requireCodex } from '../../../hosts/codex-search-path.ts';
import { CONTINUE_PROMPT, threadToResume } from '../../../use-cases/jobs/continue-thread.ts';
import type { JobDraft } from '../../../use-cases/jobs/enqueue.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { BACKGROUND } from '../input/grammar.ts';
import { limitHelp, limitOptions } from '../input/limit-options.ts';
import { MODELS, modelOf } from '../input/model.ts';
import { launch } from '../launch.ts';
import { promptOf } from '../stdin/prompt.ts';

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;

export const task: Command = {
  options: {
    background: BACKGROUND,
    wait: { takes: 'nothing' },
    write: { takes: 'nothing' },
    resume: { takes: 'reference', values: 'jobs' },
    'resume-last': { takes: 'nothing' },
    fresh: { takes: 'nothing' },
    model: { takes: 'value', short: 'm', values: MODELS },
    effort: { takes: 'value', values: EFFORTS },
    'prompt-file': { takes: 'value', values: 'files' },
    stdin: { takes: 'value', values: ['-'] },
    ...limitOptions('turn'),
    'on-complete': { takes: 'value' },
  },
  rest: 'prose',
  help: `Hands a task to Codex and waits for its answer, or leaves it in the background.

Usage: codex-companion task [options] [--] [prompt…]
       codex-companion task [options] --prompt-file FILE
       … | codex-companion task [options] [prompt…]

  -b, --background         return at once with the job's id; the job outlives the session
  --write                  Codex may change files; without it, it only reads. In the workspace, or anywhere
                           if your own Codex configuration has sandbox_mode = "danger-full-access"
  --resume [JOB|THREAD]    continue that job's or thread's conversation; without one, the latest
  --resume-last            continue the latest task of this session, else of the workspace
  --fresh                  begin a new conversation (as without --resume)
  -m, --model MODEL        spark stands for gpt-5.3-codex-spark
  --effort EFFORT          ${EFFORTS.join(' ')}
  --prompt-file FILE       the prompt is in that file
  --stdin -                wait for the end of stdin, however late it begins
${limitHelp('turn')}
  --on-complete TEXT       a text for sh -c, run once when the job has ended, however; the outcome stands in
                           CODEX_COMPANION_JOB_STATUS, …_EXIT_CODE and more, and as JSON on its stdin
${COMMON_HELP}

Options come before the prompt or after it. One of ours between bare words is refused, because nobody can
know whose it is; in a prompt that is one quoted argument, and after --, nothing is an option. Several words
are joined by single spaces. A file or here-document on stdin, or what comes through a pipe within 250 ms, to
its end, is the prompt, or goes below the words in <stdin> … </stdin>.

Examples:
  codex-companion task "why does the login test fail?"
  codex-companion task --background --write "fix the login test"
  codex-companion task --resume-last "and now the logout test"
  git diff | codex-companion task --effort high "what may break?"
`,
  async run(call) {
    const draft = await draftOf(call);
    // Told before a job exists that could only fail.
    requireCodex(call.context.environment, call.context.layout.workspaceRoot);
    return launch(call, draft);
  },
};

async function draftOf(call: Call): Promise<JobDraft> {
  const { options, context } = call;
  for (const [a, b] of CONFLICTS) options.refuseTogether(a, b);
  const effort = options.oneOf('effort', EFFORTS) ?? null;
  const limits = options.limits('turn');
  const resumes = options.has('resume') || options.has('resume-last');
  const prompt = await requiredPrompt(call, resumes);
  const origin = call.origin();
  const resumeThreadId = resumes ? threadToResume(context, origin, options.text('resume')) : null;
  return {
    kind: 'task',
    title: resumes ? 'Codex Resume' : KINDS.task.title,
    summary: shorten(prompt),
    background: options.has('background'),
    limits,
    ...options.onComplete(),
    origin,
    spec: {
      prompt,
      write: options.has('write'),
      model: modelOf(options.text('model')),
      effort,
      resumeThreadId,
    },
  };
}

async function requiredPrompt(call: Call, resumes: boolean): Promise<string> {
  const prompt = await promptOf(call, !resumes);
  if (prompt.trim() === '' && resumes) return CONTINUE_PROMPT;
  if (prompt.trim() === '')
    throw new CompanionError('usage', 'There is no prompt.', {
      hint: 'Give it as words, with --prompt-file FILE, or on stdin; --resume-last goes on without one.',
    });
  checkWork({ kind: 'task', prompt });
  return prompt;
}

const CONFLICTS = [
  ['resume', 'fresh'],
  ['resume-last', 'fresh'],
  ['background', 'wait'],
] as const;
