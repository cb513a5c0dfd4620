#!/usr/bin/env python3
"""The training step of a Llama in PyTorch: forward, backward, AdamW; one step a line on standard input, one JSON object a step.

Arguments: folder, hidden, ff, layers, heads, kv, vocabulary, batch, length, f32|bf16|autocast, turns, threads.
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F


def rotate(x, cos, sin):
    half = x.size(3) // 2
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], 3)


def norm(x, w):
    x32 = x.float()
    return (x32 * torch.rsqrt(x32.pow(2).mean(-1, keepdim=True) + 1e-5)).to(x.dtype) * w


class Model:
    def __init__(self, folder, sizes, kind):
        hidden, ff, self.layers, self.heads, self.kv, vocabulary, batch, length = sizes
        keys = self.kv * (hidden // self.heads)
        shapes = [(vocabulary, hidden)]
        for _ in range(self.layers):
            shapes += [(hidden,), (hidden, hidden), (keys, hidden), (keys, hidden), (hidden, hidden), (hidden,)]
            shapes += [(ff, hidden), (ff, hidden), (hidden, ff)]
        shapes += [(hidden,)]
        self.kind = kind
        self.masters = []
        with open(folder + "/weights.bin", "rb") as file:
            for shape in shapes:
                count = 1
                for n in shape:
                    count *= n
                values = torch.frombuffer(bytearray(file.read(4 * count)), dtype=torch.float32)
                self.masters.append(values.reshape(shape).clone())
        dtype = torch.bfloat16 if kind == "bf16" else torch.float32
        self.p = [(m.to(dtype).clone() if kind == "bf16" else m).requires_grad_(True) for m in self.masters]
        with open(folder + "/tokens.bin", "rb") as file:
            tokens = torch.frombuffer(bytearray(file.read(4 * batch * length)), dtype=torch.int32)
        self.tokens = tokens.long().reshape(batch, length)
        self.targets = torch.full((batch, length), -100)
        self.targets[:, :-1] = self.tokens[:, 1:]
        half = hidden // self.heads // 2
        angles = torch.arange(length).double()[:, None] * 10000.0 ** (-torch.arange(half).double() / half)
        self.cos, self.sin = angles.cos().to(dtype), angles.sin().to(dtype)
        self.mask = torch.full((length, length), float("-inf")).triu(1).to(dtype)
        self.optimizer = torch.optim.AdamW(self.masters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, foreach=True)

    def loss(self):
        b, t = self.tokens.shape
        x = F.embedding(self.tokens, self.p[0])
        for i in range(self.layers):
            n1, q, k, v, o, n2, gate, up, down = self.p[1 + 9 * i:10 + 9 * i]
            h = norm(x, n1)
            q = rotate(F.linear(h, q).view(b, t, self.heads, -1).transpose(1, 2), self.cos, self.sin)
            k = rotate(F.linear(h, k).view(b, t, self.kv, -1).transpose(1, 2), self.cos, self.sin)
            v = F.linear(h, v).view(b, t, self.kv, -1).transpose(1, 2)
            if self.kv != self.heads:
                k = k.repeat_interleave(self.heads // self.kv, 1)
                v = v.repeat_interleave(self.heads // self.kv, 1)
            scores = torch.matmul(q, k.transpose(2, 3)) * q.size(3) ** -0.5 + self.mask
            y = torch.matmul(torch.softmax(scores, 3), v.to(scores.dtype)).transpose(1, 2).reshape(b, t, -1)
            x = x + F.linear(y, o)
            h = norm(x, n2)
            x = x + F.linear(F.silu(F.linear(h, gate)) * F.linear(h, up), down)
        logits = F.linear(norm(x, self.p[-1]), self.p[0]).view(b * t, -1)
        return F.cross_entropy(logits.float(), self.targets.view(-1))

    def step(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.kind == "autocast"):
            loss = self.loss()
        loss.backward()
        if self.kind == "bf16":
            for master, parameter in zip(self.masters, self.p):
                master.grad = parameter.grad.float()
        self.optimizer.step()
        for master, parameter in zip(self.masters, self.p):
            if self.kind == "bf16":
                parameter.data.copy_(master)
            parameter.grad = None
            master.grad = None
        return loss.item()


def main():
    arguments = sys.argv[1:]
    torch.set_num_threads(int(arguments[11]))
    model = Model(arguments[0], [int(n) for n in arguments[1:9]], arguments[9])
    for _ in range(int(arguments[10])):
        if not sys.stdin.readline():
            break
        begin, used = time.perf_counter(), time.process_time()
        loss = model.step()
        print(json.dumps({"seconds": time.perf_counter() - begin, "cpu_seconds": time.process_time() - used, "loss": loss}), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak_bytes": peak, "version": "torch " + torch.__version__ + ", " + arguments[9]}), flush=True)


main()
