#!/usr/bin/env python3
"""The ops that native/bench/device_bench times, in PyTorch: the other side of its turns.

Argument: cuda or cpu. One line on standard input, one on standard output, fields separated by tabs:
    version                              version, which
    prepare SETS OP DTYPE SIZES...       ready, how it runs, sampled results of the first call; or left_out, why
    turn PASSES                          seconds, for so many passes through all sets
    drop                                 dropped

Each op is tried in every way that a user of PyTorch would write it (eager, compiled, with or without repeated key heads), and the fastest
one takes part. On CUDA a pass is captured as a graph, so that the time is the device's and not Python's.
"""
import functools
import math
import sys
import time

import torch
import torch._dynamo
import torch.nn.functional as F

PERIOD = 1000003
SAMPLES = 16
SMALL = 2.0 ** -6
X, WEIGHT, DY, SECOND, THIRD, TOKENS = range(1, 7)  # salts
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def hashed(index, salt):
    """native/bench/device_memory.h: hashed."""
    mask = 0xFFFFFFFF
    h = ((index + salt * 0x9E3779B9) & mask) * 0x9E3779B1 & mask
    h = (h ^ (h >> 15)) * 0x85EBCA77 & mask
    h = (h ^ (h >> 13)) * 0xC2B2AE3D & mask
    return h ^ (h >> 16)


class Numbers:
    def __init__(self, device):
        self.device = device
        self.known = {}

    def zeros(self, shape):
        return torch.zeros(shape, device=self.device)

    def __call__(self, shape, dtype, salt, scale=1.0):
        key = (dtype, salt, scale)
        if key not in self.known:
            h = hashed(torch.arange(PERIOD, device=self.device), salt)
            self.known[key] = (((h >> 8).float() * 2.0 ** -23 - 1.0) * scale).to(dtype)
        count = math.prod(shape)
        base = self.known[key]
        return base.repeat((count + PERIOD - 1) // PERIOD)[:count].clone().reshape(shape)

    def integers(self, count, below, salt):
        return hashed(torch.arange(count, device=self.device), salt) % below


@functools.cache
def compiled(function):
    return torch.compile(function)


# Each op takes (numbers, dtype, sizes) and returns the ways to run it: {name: call}, where call() returns what it wrote.

def product_forward(numbers, dtype, n, i, o):
    x, w = numbers((n, i), dtype, X), numbers((o, i), dtype, WEIGHT, SMALL)
    return {"linear": lambda: [F.linear(x, w)]}


def product_input(numbers, dtype, n, i, o):
    dy, w = numbers((n, o), dtype, DY), numbers((o, i), dtype, WEIGHT, SMALL)
    return {"mm": lambda: [dy @ w]}


def product_weight(numbers, dtype, n, i, o):
    """The gradient is kept in fp32, as training with accumulation has it."""
    x, dy = numbers((n, i), dtype, X), numbers((n, o), dtype, DY)
    dw = numbers.zeros((o, i))
    if dtype == torch.float32:
        return {"addmm": lambda: [dw.addmm_(dy.t(), x)]}
    return {"mm, added in fp32": lambda: [dw.add_(dy.t() @ x)]}


def attention(numbers, dtype, s, t, h, k, d, backward):
    def operand(heads, salt):
        return numbers((s, t, heads, d), dtype, salt).requires_grad_(backward)

    q, keys, v, dout = operand(h, X), operand(k, SECOND), operand(k, THIRD), numbers((s, t, h, d), dtype, DY)

    def grouped():
        out = F.scaled_dot_product_attention(q.transpose(1, 2), keys.transpose(1, 2), v.transpose(1, 2), is_causal=True, enable_gqa=h != k)
        return out.transpose(1, 2)

    def repeated():
        def wide(x):
            return x[:, :, :, None].expand(s, t, k, h // k, d).reshape(s, t, h, d).transpose(1, 2)
        return F.scaled_dot_product_attention(q.transpose(1, 2), wide(keys), wide(v), is_causal=True).transpose(1, 2)

    ways = {"SDPA, enable_gqa": grouped, "SDPA, repeated heads": repeated}
    if not backward:
        return {name: (lambda way=way: [way()]) for name, way in ways.items()}
    return {name: later(lambda way=way: gradient(way(), (q, keys, v), dout)) for name, way in ways.items()}


def later(make):
    """A call that is made at its first use: a forward pass that only one way needs."""
    made = []

    def call():
        if not made:
            made.append(make())
        return made[0]()
    return call


def gradient(y, inputs, dy):
    return lambda: list(torch.autograd.grad(y, inputs, dy, retain_graph=True))


def attention_forward(numbers, dtype, *sizes):
    return attention(numbers, dtype, *sizes, backward=False)


def attention_backward(numbers, dtype, *sizes):
    return attention(numbers, dtype, *sizes, backward=True)


def attention_decode(numbers, dtype, s, t, h, k, d):
    """One token of each of s sequences over its t keys."""
    q, keys, v = numbers((s, 1, h, d), dtype, X), numbers((s, t, k, d), dtype, SECOND), numbers((s, t, k, d), dtype, THIRD)

    def grouped():
        out = F.scaled_dot_product_attention(q.transpose(1, 2), keys.transpose(1, 2), v.transpose(1, 2), enable_gqa=h != k)
        return [out.transpose(1, 2)]

    def as_rows():
        return [F.scaled_dot_product_attention(q.view(s, k, h // k, d), keys.transpose(1, 2), v.transpose(1, 2)).reshape(s, 1, h, d)]

    return {"SDPA, enable_gqa": grouped, "SDPA, heads of a group as rows": as_rows}


def rmsnorm_forward(numbers, dtype, n, c):
    x, residual, w = numbers((n, c), dtype, X), numbers((n, c), dtype, SECOND), numbers((c,), dtype, WEIGHT)

    return {"rms_norm": lambda: residual_norm(x, residual, w), "rms_norm, compiled": lambda: compiled(residual_norm)(x, residual, w)}


def residual_norm(x, residual, w):
    total = x + residual
    return [total, F.rms_norm(total, w.shape, w, 1e-5)]


def rmsnorm_backward(numbers, dtype, n, c):
    x, dy, w = numbers((n, c), dtype, X), numbers((n, c), dtype, DY), numbers((c,), dtype, WEIGHT)
    dw = numbers.zeros((c,))
    x.requires_grad_(True), w.requires_grad_(True)
    back = later(lambda: gradient(F.rms_norm(x, (c,), w, 1e-5), (x, w), dy))

    def autograd():
        dx, more = back()
        return [dx, dw.add_(more)]

    rstd = torch.rsqrt(x.detach().float().pow(2).mean(1, keepdim=True) + 1e-5)

    return {"rms_norm, autograd": autograd, "formula, compiled": lambda: compiled(norm_backward)(x.detach(), w.detach(), dy, rstd, dw)}


def norm_backward(x, w, dy, rstd, dw):
    unit, up = x.float() * rstd, dy.float()
    weighted = up * w.float()
    dx = rstd * (weighted - unit * (weighted * unit).mean(1, keepdim=True))
    return [dx.to(x.dtype), dw.add_((up * unit).sum(0))]


def glu(gate, up):
    return [F.silu(gate) * up]


def glu_gradient(gate, up, dy):
    g, s, d = gate.float(), torch.sigmoid(gate.float()), dy.float()
    return [(d * up.float() * s * (1 + g * (1 - s))).to(gate.dtype), (d * g * s).to(gate.dtype)]


def glu_forward(numbers, dtype, count):
    gate, up = numbers((count,), dtype, X), numbers((count,), dtype, SECOND)
    return {"silu * up": lambda: glu(gate, up), "silu * up, compiled": lambda: compiled(glu)(gate, up)}


def glu_backward(numbers, dtype, count):
    gate, up, dy = (numbers((count,), dtype, salt) for salt in (X, SECOND, DY))
    g, u = gate.clone().requires_grad_(True), up.clone().requires_grad_(True)
    return {"autograd": later(lambda: gradient(F.silu(g) * u, (g, u), dy)),
            "formula, compiled": lambda: compiled(glu_gradient)(gate, up, dy)}


def rotate_half(x, cos, sin):
    x32 = x.float()
    half = x.size(-1) // 2
    turned = torch.cat([-x32[..., half:], x32[..., :half]], -1)
    return [(x32 * cos + turned * sin).to(x.dtype)]


def rope(numbers, dtype, s, t, h, d):
    half = d // 2
    angles = torch.arange(t).double()[:, None] * 10000.0 ** (-torch.arange(half).double() / half)
    cos, sin = (f(angles).float().to(numbers.device)[:, None] for f in (torch.cos, torch.sin))
    cos, sin = torch.cat([cos, cos], -1), torch.cat([sin, sin], -1)
    x = numbers((s, t, h, d), dtype, X)
    return {"rotate_half": lambda: rotate_half(x, cos, sin), "rotate_half, compiled": lambda: compiled(rotate_half)(x, cos, sin)}


def head_forward(numbers, dtype, m, c, v):
    x, w, targets = numbers((m, c), dtype, X), numbers((v, c), dtype, WEIGHT, SMALL), numbers.integers(m, v, TOKENS)
    return {"cross_entropy of fp32 logits": lambda: [-F.cross_entropy(F.linear(x, w).float(), targets, reduction="none")]}


def head_both(numbers, dtype, m, c, v):
    x, w = numbers((m, c), dtype, X).requires_grad_(True), numbers((v, c), dtype, WEIGHT, SMALL).requires_grad_(True)
    targets, dw = numbers.integers(m, v, TOKENS), numbers.zeros((v, c))

    def both():
        dx, more = torch.autograd.grad(F.cross_entropy(F.linear(x, w).float(), targets, reduction="sum"), (x, w))
        return [dx, dw.add_(more)]
    return {"cross_entropy of fp32 logits, autograd": both}


def adamw(numbers, dtype, count):
    master = numbers((count,), torch.float32, X)
    narrow = master.to(dtype)
    master.grad = numbers((count,), torch.float32, DY)
    optimizer = torch.optim.AdamW([master], lr=0.5, weight_decay=0.1, fused=True, **({"capturable": True} if master.is_cuda else {}))

    def step():
        optimizer.step()
        return [master if dtype == torch.float32 else narrow.copy_(master)]
    return {"fused" if dtype == torch.float32 else "fused, copied to bf16": step}


OPS = {f.__name__: f for f in (product_forward, product_input, product_weight, attention_forward, attention_backward, attention_decode,
                               rmsnorm_forward, rmsnorm_backward, glu_forward, glu_backward, rope, head_forward, head_both, adamw)}


class Side:
    def __init__(self, kind):
        self.device = torch.device(kind)
        self.numbers = Numbers(self.device)
        self.stream = None
        torch._dynamo.config.automatic_dynamic_shapes = False  # compiled for each shape
        torch._dynamo.config.cache_size_limit = 64
        if kind == "cuda":
            if not torch.cuda.is_available():
                raise RuntimeError("this PyTorch finds no GPU")
            self.stream = torch.cuda.Stream()
            torch.cuda.set_stream(self.stream)
        self.drop()

    def version(self):
        return "PyTorch " + torch.__version__ + (", cuDNN %s" % torch.backends.cudnn.version() if self.stream else "")

    def drop(self):
        self.run = None
        if self.stream:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()

    def wait(self):
        if self.stream:
            torch.cuda.synchronize()

    def timed(self, run, passes):
        self.wait()
        start = time.perf_counter()
        for _ in range(passes):
            run()
        self.wait()
        return time.perf_counter() - start

    def graphed(self, run):
        """A pass as a CUDA graph, or as it is where that does not work."""
        if not self.stream:
            return run, ""
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self.stream):
                run()
            graph.replay()
            torch.cuda.synchronize()
            return graph.replay, ", CUDA graph"
        except Exception:  # what can't be captured is launched call by call
            torch.cuda.synchronize()
            return run, ""

    def sample(self, outputs):
        values = []
        for y in outputs:
            count = y.numel()
            index = torch.tensor([min(count - 1, s * (count // SAMPLES) + s) for s in range(SAMPLES)], device=y.device)
            values += y.detach().reshape(-1)[index].float().tolist()
        return " ".join("%.9g" % v for v in values)

    def prepare(self, sets, op, dtype, sizes):
        self.drop()
        best, problems = None, []
        names = list(OPS[op](self.numbers, DTYPES[dtype], *sizes))
        for name in names:
            try:
                calls = [OPS[op](self.numbers, DTYPES[dtype], *sizes)[name] for _ in range(sets)]
                sampled = self.sample(calls[0]())

                def run(calls=calls):
                    for call in calls:
                        call()
                self.timed(run, 2)
                chosen, how = self.graphed(run)
                self.timed(chosen, 1)
                once = self.timed(chosen, 1)
                passes = max(1, min(100, int(0.02 / once)))
                seconds = self.timed(chosen, passes) / passes
            except Exception as problem:  # one way less
                problems.append("%s: %s" % (name, (str(problem) or type(problem).__name__).splitlines()[0]))
                self.wait()
                continue
            if best is None or seconds < best[0]:
                best = (seconds, chosen, name + how, sampled)
        if best is None:
            return ["left_out", "; ".join(problems)]
        self.run = best[1]
        return ["ready", best[2] + ("".join(" (not %s)" % p for p in problems)), best[3]]


def main():
    try:
        side = Side(sys.argv[1])
    except Exception as problem:
        sys.stdin.readline()
        print("left_out\t%s" % problem, flush=True)
        return
    for line in sys.stdin:
        words = line.split()
        if words[0] == "version":
            answer = ["version", side.version()]
        elif words[0] == "prepare":
            try:
                answer = side.prepare(int(words[1]), words[2], words[3], [int(n) for n in words[4:]])
            except Exception as problem:
                answer = ["left_out", "%s: %s" % (type(problem).__name__, problem)]
        elif words[0] == "turn":
            answer = ["seconds", "%.9g" % side.timed(side.run, int(words[1]))]
        else:
            side.drop()
            answer = ["dropped"]
        print("\t".join(field.replace("\t", " ").replace("\n", " ") for field in answer), flush=True)


main()
