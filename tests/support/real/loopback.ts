import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface JsonRequest {
  method: string;
  /** Without the query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** undefined where there was none. */
  body: unknown;
}

export interface LoopbackServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  url: string;
}

/** Serves JSON requests on a free port of 127.0.0.1. A handler that throws answers 500 with its message. */
export async function listenOnLoopback(
  handle: (request: JsonRequest, response: ServerResponse) => Promise<void> | void,
): Promise<LoopbackServer> {
  const server = createServer(async (message, response) => {
    try {
      await handle(await read(message), response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: { type: 'mock_error', message: String(error) } });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** Starts a stream of server-sent events; the result sends one. */
export function eventStream(response: ServerResponse): (event: { type: string }) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  return (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

async function read(message: IncomingMessage): Promise<JsonRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    method: message.method ?? '',
    path: (message.url ?? '').split('?')[0] ?? '',
    headers: message.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}
