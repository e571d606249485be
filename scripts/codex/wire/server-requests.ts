import { isObject, type RpcAnswer } from './rpc.ts';

const REFUSED = 'codex-companion runs this turn unattended: nobody is there to answer.';
const METHOD_NOT_FOUND = -32601;

/**
 * What we answer to Codex's own requests, by the protocol's types of 0.169. Nobody watches a background turn, so every
 * question is declined in the words that Codex understands: the tool call fails, and the turn goes on.
 */
const ANSWERS: Record<string, (params: unknown) => RpcAnswer> = {
  'item/commandExecution/requestApproval': () => ({ result: { decision: 'decline' } }),
  'item/fileChange/requestApproval': () => ({ result: { decision: 'decline' } }),
  // Granting the empty set is how this request is refused: it knows no other "no".
  'item/permissions/requestApproval': () => ({ result: { permissions: {}, scope: 'turn' } }),
  'item/tool/requestUserInput': () => ({ result: { answers: {} } }),
  'item/tool/call': () => ({
    result: { contentItems: [{ type: 'inputText', text: REFUSED }], success: false },
  }),
  'mcpServer/elicitation/request': () => ({ result: { action: 'decline', content: null, _meta: null } }),
  'currentTime/read': () => ({ result: { currentTimeAt: Math.floor(Date.now() / 1000) } }),
  // The two of the older protocol.
  applyPatchApproval: () => ({ result: { decision: { denied: { rejection: REFUSED } } } }),
  execCommandApproval: () => ({ result: { decision: { denied: { rejection: REFUSED } } } }),
};

/** Answers one request of the app-server. An unknown one gets the refusal that its name suggests. */
export function answerServerRequest(method: string, params: unknown): RpcAnswer {
  return (ANSWERS[method] ?? refusalByName(method))(params);
}

function refusalByName(method: string): (params: unknown) => RpcAnswer {
  if (/requestApproval$/i.test(method)) return () => ({ result: { decision: 'decline' } });
  if (/elicitation/i.test(method))
    return () => ({ result: { action: 'decline', content: null, _meta: null } });
  return (params) => {
    const subject =
      isObject(params) && typeof params.threadId === 'string' ? ` (thread ${params.threadId})` : '';
    return { error: { code: METHOD_NOT_FOUND, message: `${method}${subject} is not supported: ${REFUSED}` } };
  };
}
