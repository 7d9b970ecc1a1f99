/**
 * The training step of examples/jigsaw against PyTorch on the processor and TensorFlow.js: comments per second. Prints
 * JSON lines, then two Markdown tables.
 *
 *     deno task bench bench/jigsaw.ts [--peers=tfjs,torch] [--rounds=5] [--python=python3]
 *         [--ms=300] [--first-limit=300] [--step-limit=120] [--verbose]
 *
 * bench/README.md says how the libraries run and what the columns of the second table are.
 */
import { compareSteps } from "./peers/compare_steps.ts";

await compareSteps(["jigsaw_step"], { name: "comments", steps: "words" });
