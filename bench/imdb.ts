/**
 * Training steps of the two networks of examples/imdb_rnn against PyTorch on the processor and TensorFlow.js: reviews per
 * second. Prints JSON lines, then two Markdown tables.
 *
 *     deno task bench bench/imdb.ts [--only=imdb_step,imdb_upgrade] [--peers=tfjs,torch] [--rounds=5] [--python=python3]
 *         [--ms=300] [--first-limit=300] [--step-limit=120] [--verbose]
 *
 * bench/README.md says how the libraries run and what the columns of the second table are.
 */
import { compareSteps } from "./peers/compare_steps.ts";

await compareSteps(["imdb_step", "imdb_upgrade"], { name: "reviews", steps: "tokens" });
