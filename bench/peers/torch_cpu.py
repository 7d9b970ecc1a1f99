"""PyTorch's side of the comparison, on the processor; serve.ts lists the questions that it answers.

    python torch_cpu.py [--flush-denormal]
"""

import json
import math
import os
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

TRAINED = 3


def fill(source):
    """The values of a source, as `fill` of workloads.ts makes them."""
    mask, shape = 0xFFFFFFFF, source["shape"]
    i = np.arange(math.prod(shape), dtype=np.uint64)
    salt = np.uint64((source["seed"] * 0x9E3779B9) & mask)
    h = ((i ^ salt) * np.uint64(0x85EBCA6B)) & np.uint64(mask)
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & np.uint64(mask)
    u = (h ^ (h >> np.uint64(16))).astype(np.float64) / 2**32
    if source["below"]:
        return torch.from_numpy(np.floor(u * source["below"]).astype(np.int64)).reshape(shape)
    return torch.from_numpy(((2 * u - 1) * source["bound"]).astype(np.float32)).reshape(shape)


def norm(values):
    return values.detach().double().norm().item()


class Subject:
    """A workload with its tensors; `step` runs it once, `checks` says what the steps computed."""

    def __init__(self, job):
        self.workload = w = job["workload"]
        self.given = given = {source["name"]: fill(source) for source in job["sources"]}
        layer = nn.LSTM if w["cell"] == "lstm" else nn.RNN
        self.rnn = layer(w["inputs"], w["units"], w["layers"], bidirectional=w["bidirectional"])
        self.rnn.load_state_dict({name: given[name] for name, _ in self.rnn.named_parameters()})
        self.x = given["x"]
        self.step = getattr(self, w["task"])
        self.pools = w["task"] == "toxicity"
        if w["task"] == "backward":
            self.x.requires_grad_()
        if w["vocab"]:
            self.prepare_training()

    def prepare_training(self):
        w, given = self.workload, self.given
        self.embedding = nn.Embedding.from_pretrained(given["embedding"].clone(), freeze=self.pools)
        self.beside = nn.ModuleDict()
        for name in ("linear1", "linear2") if self.pools else ():
            self.beside[name] = nn.Linear(*given[f"{name}.weight"].shape)
            self.beside[name].load_state_dict({key: given[f"{name}.{key}"] for key in ("weight", "bias")})
        self.head = nn.Linear(given["head.weight"].shape[1], w["outputs"])
        self.head.load_state_dict({"weight": given["head.weight"], "bias": given["head.bias"]})
        for name, parameter in self.rnn.named_parameters():
            parameter.requires_grad_(not name.startswith("bias_hh"))  # one bias per gate, as the other libraries have
        modules = (self.embedding, self.rnn, self.beside, self.head)
        parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
        optimizer = torch.optim.SGD if w["task"] == "classifier" else torch.optim.Adam
        self.optimizer = optimizer(parameters, lr=w["lr"])

    def forward(self):
        with torch.no_grad():
            self.output = self.rnn(self.x)[0]

    def backward(self):
        self.x.grad = None
        self.rnn.zero_grad()
        self.loss = self.rnn(self.x)[0].square().mean()
        self.loss.backward()

    def languageModel(self):
        y = self.rnn(self.embedding(self.x))[0]
        self.update(F.cross_entropy(self.head(y).flatten(0, 1), self.given["y"].flatten()))

    def classifier(self):
        h = self.rnn(self.embedding(self.x))[1][0]
        self.update(F.binary_cross_entropy_with_logits(self.head(h), self.given["y"].float()[:, None]))

    def sentiment(self):
        h = self.rnn(self.embedding(self.x))[1][0]
        z = self.head(torch.cat((h[-2], h[-1]), 1))
        self.update(F.binary_cross_entropy_with_logits(z, self.given["y"].float()[:, None]))

    def toxicity(self):
        y = self.rnn(self.embedding(self.x))[0]
        h = torch.cat((y.max(0)[0], y.mean(0)), 1)
        hidden = h + sum(F.relu(linear(h)) for linear in self.beside.values())
        self.update(F.binary_cross_entropy_with_logits(self.head(hidden), self.given["y"].float()))

    def update(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.loss = loss

    def checks(self):
        task = self.workload["task"]
        if task == "forward":
            return {"output": norm(self.output)}
        if task == "backward":
            gradients = {f"d {name}": norm(p.grad) for name, p in self.rnn.named_parameters()}
            return {"loss": self.loss.item(), "d x": norm(self.x.grad), **gradients}
        losses = {"loss 1": self.loss.item()}
        for i in range(2, TRAINED + 1):
            self.step()
            losses[f"loss {i}"] = self.loss.item()
        now = {
            **({"linear1.weight": self.beside["linear1"].weight} if self.pools else {"embedding": self.embedding.weight}),
            "weight_hh_l0": self.rnn.weight_hh_l0,
            "head.weight": self.head.weight,
        }
        return {**losses, **{f"moved {name}": norm(p - self.given[name]) for name, p in now.items()}}


def sample(subject, count, ms):
    """Times at least `ms` of steps; also the number of steps to begin the next sample with."""
    while True:
        start = time.perf_counter()
        for _ in range(count):
            subject.step()
        took = (time.perf_counter() - start) * 1e3
        if took >= ms:
            return {"ms": took / count, "steps": count}, count
        count = math.ceil(count * min(50, 1.2 * ms / max(took, 0.01)))


def main():
    threads = os.cpu_count() if not hasattr(os, "sched_getaffinity") else len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    flush = "--flush-denormal" in sys.argv
    torch.set_flush_denormal(flush)
    impl = f"torch {torch.__version__} ({threads} threads{', denormals flushed' if flush else ''})"
    subject, count = None, 1
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "end":
            return
        try:
            if request["op"] == "setup":
                subject = Subject(request["job"])
                start = time.perf_counter()
                subject.step()
                first = (time.perf_counter() - start) * 1e3
                reply = {"impl": impl, "firstMs": first, "checks": subject.checks()}
            else:
                reply, count = sample(subject, count, request["ms"])
        except Exception as error:  # told to the one who asked
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
