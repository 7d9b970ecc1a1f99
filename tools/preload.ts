/**
 * Preloaded (`deno run --preload=tools/preload.ts`) by every task that uses the GPU in its own process: there is an
 * adapter when the program's first line runs, or the process ends with the command that installs one.
 * @module
 */
import { ensureAdapterOrExit } from "./setup.ts";

await ensureAdapterOrExit();
