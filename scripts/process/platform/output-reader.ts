import { constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { systemCode } from '../../domain/base/errors.ts';

/** A socket tells nothing by itself; milliseconds between two questions. */
const ASK_MS = 1_000;

/**
 * Calls `tell` once when whoever reads our stdout has gone, within a second or two and without writing anything: a follower
 * with nothing to say would not learn it otherwise, since EPIPE comes with a write. Never for a file, a terminal (which
 * sends SIGHUP) or a closed stdout, nor where node cannot tell.
 */
export function onReaderGone(tell: () => void): Disposable {
  const stat = statOfOutput();
  if (stat?.isFIFO()) return watchPipe(tell);
  if (stat?.isSocket()) return askSocket(tell);
  return NOTHING;
}

const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

function statOfOutput(): Stats | undefined {
  try {
    return fstatSync(1);
  } catch (error) {
    if (systemCode(error) === 'EBADF') return undefined;
    throw error;
  }
}

/**
 * The writing end of a pipe is in error (poll(2): POLLERR) once nobody has its reading end open. node listens for that only on
 * what it reads, and reads only what is open for reading, with one exception: what it takes for a TCP socket. So it is
 * told that of a descriptor of our own, opened anew on the same pipe; the read that follows the error fails with EBADF.
 * Tried with node 20 on Linux; where that cannot be had, the next write tells.
 */
function watchPipe(tell: () => void): Disposable {
  const handle = pipeHandle();
  if (handle === 'gone') {
    const timer = setImmediate(tell);
    return { [Symbol.dispose]: () => clearImmediate(timer) };
  }
  if (!handle) return NOTHING;
  const socket = new Socket({ handle, readable: true, writable: false } as object);
  let isOver = false;
  const over = () => {
    if (!isOver) tell();
    isOver = true;
  };
  socket.on('error', over).on('close', over).resume().unref();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      socket.destroy();
    },
  };
}

interface TcpHandle {
  open(fd: number): number;
}

interface TcpBinding {
  TCP: new (kind: number) => TcpHandle;
  constants: { SOCKET: number };
}

function pipeHandle(): TcpHandle | 'gone' | undefined {
  try {
    const { binding } = process as unknown as { binding(name: string): TcpBinding };
    const { TCP, constants: kinds } = binding.call(process, 'tcp_wrap');
    const fd = openSync('/dev/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
    const handle = new TCP(kinds.SOCKET);
    return handle.open(fd) === 0 ? handle : undefined;
  } catch (error) {
    return systemCode(error) === 'ENXIO' ? 'gone' : undefined;
  }
}

/** Nothing at all, written to a stream socket, sends nothing, and fails like everything else where its other end is closed. */
function askSocket(tell: () => void): Disposable {
  const timer = setInterval(() => {
    try {
      writeSync(1, new Uint8Array(0));
    } catch (error) {
      if (systemCode(error) !== 'EPIPE' && systemCode(error) !== 'ECONNRESET') return;
      clearInterval(timer);
      tell();
    }
  }, ASK_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
