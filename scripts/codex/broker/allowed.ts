import { isDeepStrictEqual } from 'node:util';
import { READ_ONLY, sandboxFor } from '../turn/sandbox-choice.ts';
import { approvalsFor } from '../wire/approvals.ts';
import { isObject } from '../wire/rpc.ts';

/** The job that asks, and what its own request.json and the user's Codex configuration let it do. */
export interface Asker {
  jobId: string;
  cwd: string;
  write: boolean;
  /** what `config/read` has answered on this connection; undefined before */
  settings: unknown;
  /** the same of `configRequirements/read` */
  requirements: unknown;
  owns(threadId: string): boolean;
}

type Check = (value: unknown, asker: Asker) => boolean;
/** A check for each parameter that there may be; one that is missing is checked as undefined. */
type Parameters = Record<string, Check>;

const text: Check = (value) => typeof value === 'string';
const anything: Check = () => true;
const is =
  (wanted: unknown): Check =>
  (value) =>
    isDeepStrictEqual(value, wanted);
const optional =
  (check: Check): Check =>
  (value, asker) =>
    value === undefined || check(value, asker);
const eachOf =
  (check: Check): Check =>
  (value, asker) =>
    isObject(value) && Object.values(value).every((entry) => check(entry, asker));
const listOf =
  (check: Check): Check =>
  (value, asker) =>
    Array.isArray(value) && value.every((entry) => check(entry, asker));
const shaped =
  (parameters: Parameters): Check =>
  (value, asker) =>
    misfit(parameters, value, asker) === undefined;
const oneOf =
  (...checks: Check[]): Check =>
  (value, asker) =>
    checks.some((check) => check(value, asker));

const ownDirectory: Check = (value, { cwd }) => value === cwd;
const ownThread: Check = (value, { owns }) => typeof value === 'string' && owns(value);

/** `never`, or what the user's requirements say instead; see codex/wire/approvals.ts. */
const approval =
  (name: 'approvalPolicy' | 'approvalsReviewer'): Check =>
  (value, { requirements }) =>
    isDeepStrictEqual(value, approvalsFor(requirements)?.[name]);

/** Settings of Codex for one thread: any other (an MCP server, a hook, a notifier) is a program that runs outside. */
const threadConfig = shaped({
  plugins: optional(eachOf(is({ enabled: false }))),
  'sandbox_workspace_write.writable_roots': is([]),
  'sandbox_workspace_write.network_access': is(false),
  'shell_environment_policy.inherit': is('none'),
  'shell_environment_policy.set': optional(eachOf(text)),
  allow_login_shell: is(false),
  model_reasoning_effort: optional(text),
  review_model: optional(text),
});

const thread: Parameters = {
  cwd: ownDirectory,
  approvalPolicy: approval('approvalPolicy'),
  approvalsReviewer: approval('approvalsReviewer'),
  sandbox: is('read-only'),
  model: optional(text),
  config: threadConfig,
};

/** Never wider than request.json and the user's own configuration say; see codex/turn/sandbox-choice.ts. */
const ownSandbox: Check = (value, { write, settings }) =>
  isDeepStrictEqual(value, READ_ONLY) ||
  (write &&
    settings !== undefined &&
    isDeepStrictEqual(value, sandboxFor('workspace-write', settings).policy));

const prompt = listOf(shaped({ type: is('text'), text, text_elements: is([]) }));
const target = oneOf(is({ type: 'uncommittedChanges' }), shaped({ type: is('baseBranch'), branch: text }));
const anyThread: Parameters = { threadId: text };

/**
 * All that a worker may ask of the app-server, as it asks it (codex/turn/: open-thread.ts, start.ts, release.ts and what
 * they use). Nothing else is passed on: the app-server would run commands and write files for whoever asks, outside of any sandbox.
 */
const ALLOWED: Readonly<Record<string, Parameters>> = {
  'config/read': { cwd: ownDirectory },
  'configRequirements/read': {},
  'account/rateLimits/read': {},
  'thread/start': thread,
  'thread/resume': { ...thread, threadId: text, excludeTurns: is(true) },
  'turn/start': {
    threadId: ownThread,
    input: prompt,
    approvalPolicy: approval('approvalPolicy'),
    sandboxPolicy: ownSandbox,
    model: optional(text),
    effort: optional(text),
    outputSchema: anything,
  },
  'review/start': { threadId: ownThread, target, delivery: is('inline') },
  // Of subagents, too, which nobody has opened through us.
  'turn/interrupt': { threadId: text, turnId: text },
  'thread/read': anyThread,
  'thread/unsubscribe': anyThread,
  'thread/loaded/list': anyThread,
  'thread/backgroundTerminals/list': { threadId: text, cursor: anything },
  'thread/backgroundTerminals/terminate': { threadId: text, processId: text },
  'thread/backgroundTerminals/clean': anyThread,
};

/** Why this is not passed on, as a sentence; undefined where it is. */
export function whyNot(method: string, params: unknown, asker: Asker): string | undefined {
  const allowed = Object.hasOwn(ALLOWED, method) ? ALLOWED[method] : undefined;
  if (!allowed) return `The broker does not pass on ${method}: no job needs it.`;
  const wrong = misfit(allowed, params ?? {}, asker);
  if (wrong === undefined) return undefined;
  return `The broker does not pass on ${method} with this ${wrong}: it is not what job ${asker.jobId} may ask for.`;
}

/** The first parameter that does not fit. */
function misfit(parameters: Parameters, value: unknown, asker: Asker): string | undefined {
  if (!isObject(value)) return 'content';
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) return unknown;
  return Object.entries(parameters).find(([name, check]) => !check(value[name], asker))?.[0];
}
