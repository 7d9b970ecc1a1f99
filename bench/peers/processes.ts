/**
 * Starts the processes of a comparison and asks them; see serve.ts for the other end. What a process cannot do (it
 * answers with an error, ends, or takes too long) becomes an error that says so.
 * @module
 */
import { lines } from "./serve.ts";

/** An implementation on one backend. */
export interface Peer {
  readonly name: string;
  readonly kind: "own" | "webgpu" | "wasm" | "processor";
  /** Arguments of Deno, or of Python when the first ends with `.py`. */
  readonly args: readonly string[];
}

// Packages of other libraries are locked apart, so that no other task installs them.
const LOCKED = ["--no-config", "--lock=bench/deno.lock", "--frozen"];

/** All implementations. */
export const PEERS: readonly Peer[] = [
  { name: "wgrad", kind: "own", args: ["bench/peers/wgrad.ts"] },
  { name: "tfjs-webgpu", kind: "webgpu", args: [...LOCKED, "bench/peers/tfjs.ts", "--backend=webgpu"] },
  { name: "tfjs-wasm", kind: "wasm", args: [...LOCKED, "bench/peers/tfjs.ts", "--backend=wasm"] },
  { name: "jaxjs-webgpu", kind: "webgpu", args: [...LOCKED, "bench/peers/jaxjs.ts", "--backend=webgpu"] },
  { name: "jaxjs-wasm", kind: "wasm", args: [...LOCKED, "bench/peers/jaxjs.ts", "--backend=wasm"] },
  { name: "torch", kind: "processor", args: ["bench/peers/torch_cpu.py"] },
  { name: "torch-flush", kind: "processor", args: ["bench/peers/torch_cpu.py", "--flush-denormal"] },
];

/** A started process. */
export interface Process {
  readonly child: Deno.ChildProcess;
  readonly answers: AsyncGenerator<string>;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  /** The last of what it printed to standard error. */
  complaint: string;
}

/** Starts a process; with `verbose` its standard error is shown as well. */
export function start({ args }: Peer, python: string, verbose: boolean): Process {
  const isPython = args[0].endsWith(".py");
  const env = Deno.env.toObject();
  delete env.OMP_WAIT_POLICY; // PASSIVE makes PyTorch several times slower on small operations
  const child = new Deno.Command(isPython ? python : Deno.execPath(), {
    args: isPython ? [...args] : ["run", "--allow-all", "--quiet", ...args],
    cwd: new URL("../../", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env,
  }).spawn();
  const process: Process = { child, answers: lines(child.stdout), writer: child.stdin.getWriter(), complaint: "" };
  (async () => {
    for await (const line of lines(child.stderr)) {
      if (verbose) console.error(line);
      process.complaint = (process.complaint + " " + line).slice(-300);
    }
  })();
  return process;
}

/**
 * The answer to a request.
 * @param limit seconds; the process is killed when there is no answer by then
 * @param what names the work in the error
 */
export async function ask(process: Process, request: object, limit: number, what: string): Promise<object> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} takes more than ${limit} s`)), limit * 1000);
  try {
    const text = JSON.stringify(request) + "\n";
    await process.writer.write(new TextEncoder().encode(text)).catch(() => {}); // its end shows below
    const answer = JSON.parse(await Promise.race([next(process), late.promise]));
    if (answer.error) throw new Error(answer.error);
    return answer;
  } catch (error) {
    kill(process);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The next line that is an answer: libraries with a greeting of their own print that too. */
async function next({ answers, child, complaint }: Process): Promise<string> {
  for (;;) {
    const { value, done } = await answers.next();
    if (done) {
      const { code, signal } = await child.status;
      throw new Error(`the process ended with ${signal ?? `exit code ${code}`}:${complaint}`);
    }
    if (value.startsWith("{")) return value;
  }
}

/** Ends a process, by force when it does not want to. */
export async function stop(process: Process): Promise<void> {
  const timer = setTimeout(() => kill(process), 5000);
  await process.writer.write(new TextEncoder().encode('{"op":"end"}\n')).catch(() => {});
  await process.writer.close().catch(() => {});
  await process.child.status;
  clearTimeout(timer);
}

function kill({ child }: Process): void {
  try {
    child.kill("SIGKILL");
  } catch { /* it has ended */ }
}
