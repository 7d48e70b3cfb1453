import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { part } from '../run/parts.ts';
import { until } from './ready.ts';
import { mustRun } from './run.ts';

// Go programs do not read the time through libc, so a preloaded library (faketime.ts) does not affect them. They call a
// function in the vDSO, a library that the kernel maps into each process. `setClockOf` overwrites this function in one
// process.

/**
 * Returns x86-64 machine code that calls clock_gettime as a system call. If the clock is CLOCK_REALTIME (0), the code
 * adds the seconds to the result.
 */
function clockGettime(seconds: number): Buffer {
  const code = Buffer.from(
    // mov eax,228; syscall; test edi,edi; jnz ret; add qword [rsi],SECONDS; ret; nop bytes that fill the last word
    [
      0xb8,
      228,
      0,
      0,
      0,
      0x0f,
      0x05,
      0x85,
      0xff,
      0x75,
      7,
      0x48,
      0x81,
      0x06,
      0,
      0,
      0,
      0,
      0xc3,
      ...[0x90, 0x90, 0x90, 0x90, 0x90],
    ],
  );
  code.writeInt32LE(seconds, 14);
  return code;
}

/**
 * Moves the clock of a running process this many seconds forward (or back, if negative). Its timers are not affected.
 */
export async function setClockOf(pid: number, seconds: number): Promise<void> {
  const vdso = await vdsoOf(pid);
  const address = vdso.base + BigInt(functionIn(vdso.image, '__vdso_clock_gettime'));
  const code = clockGettime(seconds);
  const words = Array.from({ length: code.length / 8 }, (_, at) => code.readBigUInt64LE(at * 8).toString(16));
  try {
    await until('a moment at which no thread reads the clock', {}, async () => {
      process.kill(pid, 'SIGSTOP');
      if (threadsOf(pid).every(isStoppedOutside(vdso))) return true;
      process.kill(pid, 'SIGCONT');
      return undefined;
    });
    await mustRun(part('other-clock'), ['-e', poke, String(pid), String(address), ...words]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/**
 * A Perl script that attaches to the process with ptrace(2), writes the words and detaches. Node cannot call ptrace.
 * Perl is part of each Debian system.
 */
const poke = `
my ($pid, $address, @words) = @ARGV;
sub ptrace { syscall(101, $_[0], $pid + 0, $_[1], $_[2]) == 0 or die "ptrace: $!\\n" }
ptrace(16, 0, 0);
waitpid($pid, 0x40000000);
for (@words) { ptrace(4, $address + 0, hex); $address += 8 }
ptrace(17, 0, 0);
`;

interface Vdso {
  readonly base: bigint;
  readonly image: Buffer;
}

async function vdsoOf(pid: number): Promise<Vdso> {
  const line = readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .find((text) => text.endsWith('[vdso]'));
  const [, from = '0', to = '0'] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line ?? '') ?? [];
  const base = BigInt(`0x${from}`);
  const image = Buffer.alloc(Number(BigInt(`0x${to}`) - base));
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    readSync(memory, image, 0, image.length, base);
  } finally {
    closeSync(memory);
  }
  return { base, image };
}

/** Finds the offset of a function in an ELF image (elf(5)), by the symbol table that the dynamic section refers to. */
function functionIn(image: Buffer, name: string): number {
  const number = (at: number): number => Number(image.readBigUInt64LE(at));
  const [headers, count] = [number(32), image.readUInt16LE(56)];
  const segments = Array.from({ length: count }, (_, at) => headers + at * 56);
  const dynamic = segments.find((at) => image.readUInt32LE(at) === 2);
  if (dynamic === undefined) throw new Error('the vDSO has no dynamic section');
  const tags = new Map<number, number>();
  for (let at = number(dynamic + 8); number(at) !== 0; at += 16) tags.set(number(at), number(at + 8));
  const [strings = 0, symbols = 0] = [tags.get(5), tags.get(6)];
  for (let at = symbols; at < strings; at += 24) {
    const start = strings + image.readUInt32LE(at);
    if (image.toString('latin1', start, image.indexOf(0, start)) === name) return number(at + 8);
  }
  throw new Error(`the vDSO has no ${name}`);
}

function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
}

/**
 * Returns a function that checks whether a thread is stopped and its next instruction is outside the vDSO, which is
 * about to be overwritten. The last word of `/proc/PID/task/TID/syscall` is the address of the next instruction.
 */
function isStoppedOutside({ base, image }: Vdso): (thread: string) => boolean {
  return (thread) => {
    const next = /(0x[0-9a-f]+)\s*$/.exec(readFileSync(`${thread}/syscall`, 'utf8'))?.[1];
    if (!/\) T /.test(readFileSync(`${thread}/stat`, 'utf8')) || next === undefined) return false;
    return BigInt(next) < base || BigInt(next) >= base + BigInt(image.length);
  };
}
