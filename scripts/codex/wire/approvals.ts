import { CompanionError } from '../../domain/base/errors.ts';
import type { CodexConnection } from './connection.ts';
import { fields } from './protocol.ts';
import { RpcError } from './rpc.ts';

/** How a thread is opened: what Codex may ask, and whom. */
export interface Approvals {
  /** `never`, or the least that requirements.toml allows instead */
  approvalPolicy: unknown;
  /** whatever it asks then comes to us, who decline it (server-requests.ts); not there where it asks nothing */
  approvalsReviewer?: 'user';
}

/** In this order: under `untrusted` nearly every command is asked about, and so declined. */
const ASKING = ['on-request', 'untrusted'];

/**
 * The worker asks for it, and the broker checks with the same words that it is no more. Codex itself would open a thread
 * with another policy without a word, and refuse the turn then (0.171, tried).
 * @param requirements the answer to `configRequirements/read`
 * @returns undefined where requirements.toml leaves what is asked to Codex's own reviewer, which might allow it
 */
export function approvalsFor(requirements: unknown): Approvals | undefined {
  const allowed = fields(fields(requirements).requirements);
  const { allowedApprovalPolicies: policies, allowedApprovalsReviewers: reviewers } = allowed;
  if (!Array.isArray(policies) || policies.length === 0 || policies.includes('never'))
    return { approvalPolicy: 'never' };
  if (Array.isArray(reviewers) && !reviewers.includes('user')) return undefined;
  const approvalPolicy = ASKING.find((policy) => policies.includes(policy)) ?? policies[0];
  return { approvalPolicy, approvalsReviewer: 'user' };
}

/**
 * Rejects as `request` of the connection does.
 * @throws CompanionError `codex-failed` where there are none that we could work under
 */
export async function readApprovals(connection: Pick<CodexConnection, 'request'>): Promise<Approvals> {
  const approvals = approvalsFor(await requirementsIn(connection));
  if (approvals) return approvals;
  throw new CompanionError(
    'codex-failed',
    'requirements.toml of Codex allows neither the approval policy "never" nor the reviewer "user": what a task asks would be allowed without you.',
    { hint: 'Ask whoever manages it to allow one of them.' },
  );
}

/** A Codex that does not know the question has no requirements either. */
async function requirementsIn({ request }: Pick<CodexConnection, 'request'>): Promise<unknown> {
  try {
    return await request('configRequirements/read');
  } catch (error) {
    if (error instanceof RpcError) return null;
    throw error;
  }
}

/** One line for people. */
export function describeApprovals({ approvalPolicy }: Approvals): string {
  if (approvalPolicy === 'never') return 'never';
  const policy = typeof approvalPolicy === 'string' ? approvalPolicy : JSON.stringify(approvalPolicy);
  return `${policy}, as requirements.toml does not allow never; what Codex asks is declined`;
}
