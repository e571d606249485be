/** How the fake misbehaves. Read anew at every request, so that a test may change it while the fake runs. */
export interface FakeSettings {
  /** as `--version` and the answer to `initialize` tell it; 0.169.0 */
  version?: string;
  /** The inner turn of a review is announced without `rootTurnId`, as by 0.156. */
  namesNoRootTurn?: boolean;
  /** Requests of these methods are never answered, and nothing is done. */
  mute?: string | string[];
  /** Dies (status 101, as a panic) on a request of this method. */
  dieOn?: string;
  /** method → the error it is answered with */
  refuse?: Record<string, { code: number; message: string }>;
  /** method → how many requests are answered with Codex's "overloaded" before one is served; per process */
  overloaded?: Record<string, number>;
  /** method → milliseconds before it is served */
  slow?: Record<string, number>;
  /** the part of a prompt, for reviews: directives as in a task's prompt */
  review?: string;
  /** the user's config.toml as `config/read` gives it, in part */
  config?: Record<string, unknown>;
  /** which layer each of them comes from: `{ sandbox_mode: { name: { type: 'user' | 'project' } } }` */
  origins?: Record<string, unknown>;
  /** the organisation's requirements.toml as `configRequirements/read` gives it, in part */
  requirements?: { allowedApprovalPolicies?: string[]; allowedApprovalsReviewers?: string[] };
  /** who is logged in, as `account/read` tells; nobody by default */
  account?: { type: string; email?: string };
  /** as `account/rateLimits/read` tells them, in part; by default it refuses, as with an API key */
  rateLimits?: Record<'primary' | 'secondary', { usedPercent: number; resetsAt: number } | null>;
  /** `[[hold]]` holds nobody any more */
  released?: boolean;
  /** after how many milliseconds a turn begins that was asked for; 15 */
  announcedAfterMs?: number;
  /** after how many milliseconds a command goes on in the background; 10,000 as in Codex */
  yieldMs?: number;
}

/** One line of the log. */
export type LogEntry =
  | { kind: 'spawn'; pid: number; parent: number; args: string[]; cwd: string; environment: string[] }
  | { kind: 'request'; pid: number; method: string; params: unknown }
  | { kind: 'answer'; pid: number; id: unknown; answer: unknown }
  | { kind: 'exit'; pid: number; status: number };
