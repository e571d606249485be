import { existsSync, readFileSync } from 'node:fs';
import { CompanionError } from '../../../domain/base/errors.ts';
import type { JobRequest } from '../../../domain/job/job.ts';
import { isShellJob, type ShellJob } from '../../../domain/job/kinds.ts';
import { describeLimits } from '../../../domain/job/limits.ts';
import { failedOnly, RUNNERS_WITH_FAILED } from '../../../domain/shell/failed-only.ts';
import { typed } from '../../../domain/shell/quote.ts';
import { onOneLine } from '../../../domain/text/harmless.ts';
import { shorten } from '../../../domain/text/shorten.ts';
import { jobFiles } from '../../../state/job/job-directory.ts';
import { jobDirectory } from '../../../state/layout.ts';
import { makeContext } from '../../../use-cases/context.ts';
import type { JobDraft } from '../../../use-cases/jobs/enqueue.ts';
import { readJob } from '../../../use-cases/reading/read-job.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { namedJob } from '../input/find.ts';
import { BACKGROUND } from '../input/grammar.ts';
import { launch } from '../launch.ts';

export const rerun: Command = {
  options: { background: BACKGROUND, wait: { takes: 'nothing' }, failed: { takes: 'nothing' } },
  rest: 'words',
  words: 'jobs',
  refusesEmpty: true,
  help: `Runs a shell command that has ended again, as a new job, and says what it repeats: the command in its directory,
with its name, limits, place, leftovers and on-complete command, and what came through a pipe on its stdin.

Usage: codex-companion rerun JOB [options] [-- more arguments…]

  -b, --background         return at once with the new job's id; --wait waits. Otherwise as the first time
  --failed                 only what failed: ${RUNNERS_WITH_FAILED}
${COMMON_HELP}

The environment is yours, as it is now. A file or here-document that stood on its stdin is not on record, so it reads
/dev/null; a file given with --stdin is read again. A Codex task is handed over anew with task.

Examples:
  codex-companion rerun 12
  codex-companion rerun tests --failed
  codex-companion rerun @failed -- --verbose
`,
  async run(call) {
    call.options.refuseTogether('background', 'wait');
    const [reference, ...more] = call.words;
    if (reference === undefined)
      throw new CompanionError('usage', 'rerun needs to know which job to repeat.', {
        hint: 'codex-companion rerun @last',
      });
    const job = await namedJob({ ...call, words: [reference] }, 'finished');
    const { facts } = readJob(job.layout, job.id);
    const request = repeatable(call, facts.request, facts.outcome !== null);
    const draft = draftOf(call, request, [...addedBy(call, request), ...more]);
    const context = makeContext(call.context.environment, request.cwd, call.context.bundles);
    tellWhat(call, request, draft);
    const { input } = jobFiles(jobDirectory(job.layout, job.id));
    return launch({ ...call, context }, draft, {
      input: existsSync(input) ? readFileSync(input) : undefined,
    });
  },
};

function repeatable(call: Call, request: JobRequest, hasEnded: boolean): ShellJob<JobRequest> {
  if (!isShellJob(request))
    throw new CompanionError('wrong-state', `${request.id} is a Codex job, and no shell command.`, {
      hint: 'codex-companion task --help',
    });
  if (hasEnded) return request;
  throw new CompanionError('wrong-state', `${request.id} is still running. Nothing was started.`, {
    hint: call.out.command('cancel', request.id),
  });
}

function addedBy({ options }: Call, { id, spec }: ShellJob<JobRequest>): string[] {
  if (!options.has('failed')) return [];
  const words = failedOnly(spec.argv);
  if (words) return words;
  throw new CompanionError(
    'usage',
    `Nobody knows how to have ${typed(spec.argv.slice(0, 1))} repeat only what failed. Nothing was started.`,
    { hint: `codex-companion rerun ${id}` },
  );
}

function draftOf(call: Call, request: ShellJob<JobRequest>, more: string[]): JobDraft {
  const { options } = call;
  const { id, title, summary, background, limits, onComplete, place, spec } = request;
  // With a name behind its text it takes arguments: `bash -c TEXT NAME more`.
  const [, dashC, , name] = spec.argv;
  if (more.length > 0 && dashC === '-c' && name === undefined)
    throw new CompanionError('usage', `${id} is a text for a shell, which takes no more arguments.`, {
      hint: `codex-companion rerun ${id}`,
    });
  const argv = [...spec.argv, ...more];
  return {
    kind: 'run',
    title,
    summary: more.length === 0 ? summary : shorten(typed(argv)),
    background: options.has('background') || (background && !options.has('wait')),
    limits,
    ...(onComplete === undefined ? {} : { onComplete }),
    origin: call.origin(),
    place,
    spec: { ...spec, argv },
  };
}

function tellWhat({ out }: Call, { id, cwd }: JobRequest, { summary, limits }: JobDraft): void {
  const told = [onOneLine(summary), `in ${onOneLine(cwd)}`, describeLimits(limits)].filter(Boolean);
  out.talk(`Repeats ${id}: ${told.join(', ')}`);
}
