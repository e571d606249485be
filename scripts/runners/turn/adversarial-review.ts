import type { TurnResult } from '../../codex/turn/result.ts';
import type { TurnJob } from '../../domain/job/kinds.ts';
import type { ReviewTarget } from '../../domain/job/specs.ts';
import type { Environment } from '../../process/environment.ts';
import { type ReviewContext, reviewContext } from './review-context.ts';
import { type CodexWork, codexPart, rendered, type StoredResult } from './stored-result.ts';

type AdversarialRequest = Extract<TurnJob, { kind: 'adversarial-review' }>;

const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/** What makes no sense without is required; some model providers take no schema, and leave out the rest. */
interface Finding {
  severity: string;
  title: string;
  body: string;
  file: string;
  line_start?: number;
  line_end?: number;
  recommendation?: string;
}

interface Verdict {
  verdict: string;
  summary: string;
  findings: Finding[];
  next_steps: string[];
}

/** A review that is out to disprove the change, as a task with a fixed form of answer. */
export async function prepareAdversarialReview(
  request: AdversarialRequest,
  environment: Environment,
): Promise<CodexWork> {
  const { target, focus } = request.spec;
  const { cwd, workspaceRoot: workspace } = request;
  const context = await reviewContext({ cwd, workspace, environment }, target);
  return {
    work: { kind: 'task', prompt: prompt(target, context, focus), outputSchema: SCHEMA },
    write: false,
    resultOf: (result) => verdictOf(target, context, result),
  };
}

function prompt(target: ReviewTarget, context: ReviewContext, focus: string): string {
  const where =
    target.mode === 'branch'
      ? `the commits of this branch since it left ${target.baseRef}: git diff ${target.baseRef}...HEAD`
      : 'the uncommitted changes: git status --short, git diff HEAD (git diff --cached and git diff where there is no commit yet), and every untracked file in full';
  return [
    'Review a change as its adversary. Assume that it is wrong until the code convinces you of the contrary, and look for the one input, order of events, failure or reader that proves it. Change nothing.',
    `What to look at: ${where}. Read as much of the surrounding code as a judgement needs.\n${context.summary}`,
    'Ask of the design as well: is this the right place, does a simpler way exist, what does it rest on that may not hold? Look hard at lost or repeated work, partial failure, concurrency, trust in input, data that cannot be had back, old data and old callers, and what an operator would see when it goes wrong.',
    'Report only what a maintainer should act on before merging: no matters of taste, no guesses. Every finding names the file and lines as they are now, says what happens and when, how sure you are (0 to 1), and what to do. If nothing of weight is left, say so: an empty list is a good answer.',
    focus.trim() === '' ? '' : `Above all, the person who asked wants to know about this:\n${focus}`,
    'Answer with the JSON object that the schema describes, and nothing else.',
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** The keys of openai/codex-plugin-cc 1.0.5's structured review. Strict: every property is required. */
const SCHEMA = object({
  verdict: { type: 'string', enum: ['approve', 'needs-attention'] },
  summary: { type: 'string', description: 'The judgement in two or three sentences.' },
  findings: {
    type: 'array',
    items: object({
      severity: { type: 'string', enum: SEVERITIES },
      title: { type: 'string' },
      body: { type: 'string', description: 'What goes wrong, and under which circumstances.' },
      file: { type: 'string', description: 'Relative to the repository root.' },
      line_start: { type: 'integer', minimum: 1 },
      line_end: { type: 'integer', minimum: 1 },
      confidence: { type: 'number', minimum: 0, maximum: 1 },
      recommendation: { type: 'string' },
    }),
  },
  next_steps: { type: 'array', items: { type: 'string' } },
});

function object(properties: Record<string, unknown>): Record<string, unknown> {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function verdictOf(target: ReviewTarget, context: ReviewContext, result: TurnResult): StoredResult {
  const { threadId, finalMessage, reasoningSummary } = result;
  const { verdict, problem } = parse(finalMessage);
  const payload = {
    review: 'Adversarial Review',
    target,
    threadId,
    context,
    codex: codexPart(result, finalMessage),
    result: verdict,
    rawOutput: finalMessage,
    parseError: problem,
    reasoningSummary,
  };
  // Nobody shall take an answer in free form for a review without findings.
  const shapeless = finalMessage === '' ? [] : [finalMessage, `No verdict: not a review in form. ${problem}`];
  return { payload, rendered: rendered(result, verdict ? inWords(verdict) : shapeless) };
}

function parse(text: string): { verdict: Verdict | null; problem: string | null } {
  if (text === '') return { verdict: null, problem: 'Codex gave no answer.' };
  try {
    const value: unknown = JSON.parse(text);
    if (isVerdict(value)) return { verdict: value, problem: null };
    return { verdict: null, problem: 'The answer is JSON, but has not the form that was asked for.' };
  } catch (error) {
    return { verdict: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

function isVerdict(value: unknown): value is Verdict {
  const { verdict, summary, findings, next_steps: steps } = (value ?? {}) as Partial<Verdict>;
  if (typeof verdict !== 'string' || typeof summary !== 'string') return false;
  return Array.isArray(findings) && findings.every(isFinding) && Array.isArray(steps);
}

function isFinding(value: unknown): value is Finding {
  const { severity, title, body, file } = (value ?? {}) as Partial<Finding>;
  return [severity, title, body, file].every((field) => typeof field === 'string');
}

function inWords({ verdict, summary, findings, next_steps: steps }: Verdict): string[] {
  const rank = ({ severity }: Finding) => SEVERITIES.indexOf(severity);
  const ordered = [...findings].sort((a, b) => rank(a) - rank(b));
  const found = ordered.map((finding) => {
    const { severity, title, body, recommendation } = finding;
    const advice = recommendation ? `\nDo: ${recommendation}` : '';
    return `[${severity}] ${title}\n${placeOf(finding)}\n${body}${advice}`;
  });
  const next = steps.length > 0 ? [`Next steps:\n${steps.map((step) => `- ${step}`).join('\n')}`] : [];
  return [`Verdict: ${verdict}\n${summary}`, ...found, ...next];
}

function placeOf({ file, line_start: from, line_end: to }: Finding): string {
  if (!from) return file;
  return to && to > from ? `${file}:${from}-${to}` : `${file}:${from}`;
}
