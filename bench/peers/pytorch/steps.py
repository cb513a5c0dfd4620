#!/usr/bin/env python3
"""Whole training steps and generation of a Llama in PyTorch and transformers: the other side of the contests on a device.

Arguments: training|decoding, eager|compiled|transformers, cuda|cpu, hidden, ff, layers, heads, kv, vocabulary, batch, length, turns,
more; that is the LoRA rank of training (0: all weights; else transformers with peft) or the new tokens of decoding. A line on standard
input is a turn, answered by one JSON object; one more follows the last turn.

Weights and activations are bf16. All weights: fp32 masters and moments, fused AdamW, gradients copied to fp32. LoRA: frozen bf16 weights,
fp32 adapters under autocast, as transformers' Trainer has them. Attention is SDPA. Weights and tokens are numbers that
bench/.../contest/DeviceNumbers.java makes as well, so the losses can be compared.
"""
import json
import math
import resource
import sys
import time
import zlib

import torch
import torch.nn.functional as F
from torch import nn

PERIOD = 1000003
TOKENS = 6
RATE = 1e-3
MASK = 0xFFFFFFFF


def hashed(index, salt):
    """native/bench/device_memory.h: hashed."""
    h = ((index + salt * 0x9E3779B9) & MASK) * 0x9E3779B1 & MASK
    h = (h ^ (h >> 15)) * 0x85EBCA77 & MASK
    h = (h ^ (h >> 13)) * 0xC2B2AE3D & MASK
    return h ^ (h >> 16)


@torch.no_grad()
def fill(module):
    for name, parameter in module.named_parameters():
        name = name.replace(".default.", ".").replace(".base_layer.", ".").replace("base_model.model.", "")
        if name.endswith("norm.weight"):
            parameter.fill_(1)
        elif ".lora_B." in name:
            parameter.fill_(0)
        else:
            bound = 1 / math.sqrt(parameter.size(1)) if ".lora_A." in name else 0.02 * math.sqrt(3)
            h = hashed(torch.arange(min(PERIOD, parameter.numel()), device=parameter.device), zlib.crc32(name.encode()))
            numbers = ((h >> 8).float() * 2.0 ** -23 - 1.0) * bound
            flat = parameter.view(-1)
            for first in range(0, flat.numel(), PERIOD):
                flat[first:first + PERIOD] = numbers[:flat.numel() - first]


class Norm(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(c))

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, 1e-5)


class Attention(nn.Module):
    def __init__(self, c, heads, kv):
        super().__init__()
        self.heads, self.kv, self.d = heads, kv, c // heads
        self.q_proj, self.o_proj = nn.Linear(c, c, bias=False), nn.Linear(c, c, bias=False)
        self.k_proj, self.v_proj = nn.Linear(c, kv * self.d, bias=False), nn.Linear(c, kv * self.d, bias=False)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape

        def turn(y):
            first, second = y.chunk(2, -1)
            return y * cos + torch.cat([-second, first], -1) * sin

        q = turn(self.q_proj(x).view(b, t, self.heads, self.d).transpose(1, 2))
        k = turn(self.k_proj(x).view(b, t, self.kv, self.d).transpose(1, 2))
        v = self.v_proj(x).view(b, t, self.kv, self.d).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.kv != self.heads)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, -1))


class Mlp(nn.Module):
    def __init__(self, c, f):
        super().__init__()
        self.gate_proj, self.up_proj = nn.Linear(c, f, bias=False), nn.Linear(c, f, bias=False)
        self.down_proj = nn.Linear(f, c, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c, f, heads, kv):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = Norm(c), Norm(c)
        self.self_attn, self.mlp = Attention(c, heads, kv), Mlp(c, f)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, c, f, layers, heads, kv, v):
        super().__init__()
        self.embed_tokens, self.norm = nn.Embedding(v, c), Norm(c)
        self.layers = nn.ModuleList(Layer(c, f, heads, kv) for _ in range(layers))
        self.half = c // heads // 2


class Llama(nn.Module):
    """Tied embeddings; the loss of every next token."""

    def __init__(self, *sizes):
        super().__init__()
        self.model = Decoder(*sizes)

    def forward(self, tokens):
        m, t = self.model, tokens.size(1)
        angles = torch.arange(t, device=tokens.device).double()[:, None] * \
            10000.0 ** (-torch.arange(m.half, device=tokens.device).double() / m.half)
        x = m.embed_tokens(tokens)
        cos, sin = (f(torch.cat([angles, angles], -1)).to(x.dtype) for f in (torch.cos, torch.sin))
        for layer in m.layers:
            x = layer(x, cos, sin)
        logits = F.linear(m.norm(x), m.embed_tokens.weight).float()
        targets = F.pad(tokens[:, 1:], (0, 1), value=-100)
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


def hugging_face(c, f, layers, heads, kv, v, positions):
    import transformers
    config = transformers.LlamaConfig(
        hidden_size=c, intermediate_size=f, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv, vocab_size=v,
        max_position_embeddings=positions, rms_norm_eps=1e-5, tie_word_embeddings=True, bos_token_id=None, eos_token_id=None,
        pad_token_id=None)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa")
    model.tie_weights()
    return model


class Training:
    def __init__(self, way, kind, sizes, tokens, rank):
        self.kind, self.tokens, self.rank = kind, tokens, rank
        model = hugging_face(*sizes, tokens.size(1)) if way == "transformers" else Llama(*sizes)
        model.to(torch.bfloat16)
        if rank:
            import peft
            model = peft.get_peft_model(model, peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", lora_dropout=0.0,
                                                               task_type="CAUSAL_LM"))
        fill(model)
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.masters = self.parameters if rank else [nn.Parameter(p.detach().float()) for p in self.parameters]
        self.optimizer = torch.optim.AdamW(self.masters, lr=RATE, weight_decay=0.0, fused=True)
        run = torch.compile(model) if way == "compiled" else model
        self.loss = (lambda: run(input_ids=tokens, labels=tokens, use_cache=False).loss) if way == "transformers" else lambda: run(tokens)

    def turn(self):
        with torch.autocast(self.kind, torch.bfloat16, enabled=self.rank > 0):
            loss = self.loss()
        loss.backward()
        if not self.rank:
            for master, parameter in zip(self.masters, self.parameters):
                if master.grad is None:
                    master.grad = torch.empty_like(master)
            torch._foreach_copy_([m.grad for m in self.masters], [p.grad for p in self.parameters])
            for parameter in self.parameters:
                parameter.grad = None
        self.optimizer.step()
        if self.rank:
            self.optimizer.zero_grad()
        else:
            with torch.no_grad():
                torch._foreach_copy_(self.parameters, self.masters)
        return {"loss": loss.item()}


class Decoding:
    """Prompts read and new tokens drawn, greedily, in each turn, with transformers' static cache (whose step it compiles by itself)."""

    def __init__(self, sizes, tokens, new):
        self.tokens, self.new = tokens, new
        self.model = hugging_face(*sizes, tokens.size(1) + new)
        fill(self.model)

    @torch.no_grad()
    def turn(self):
        ids = self.model.generate(self.tokens, attention_mask=torch.ones_like(self.tokens), max_new_tokens=self.new,
                                  min_new_tokens=self.new, do_sample=False, cache_implementation="static", pad_token_id=0,
                                  eos_token_id=None)
        return {"first": ids[:, self.tokens.size(1)].tolist()}


def version(way, rank):
    names = ["torch"] + (["transformers"] if way == "transformers" else []) + (["peft"] if rank else [])
    return ", ".join("%s %s" % (name, sys.modules[name].__version__) for name in names) + ", " + way


def main():
    what, way, kind = sys.argv[1:4]
    *sizes, batch, length, turns, more = [int(n) for n in sys.argv[4:]]
    torch.set_default_device(kind)
    tokens = (hashed(torch.arange(batch * length), TOKENS) % sizes[-1]).reshape(batch, length)
    side = Training(way, kind, sizes, tokens, more) if what == "training" else Decoding(sizes, tokens, more)
    wait = torch.cuda.synchronize if kind == "cuda" else lambda: None
    for _ in range(turns):
        wait()
        if not sys.stdin.readline():
            return
        begin, used = time.perf_counter(), time.process_time()
        answer = side.turn()
        wait()
        print(json.dumps({"seconds": time.perf_counter() - begin, "cpu_seconds": time.process_time() - used, **answer}), flush=True)
    peak = torch.cuda.max_memory_reserved() if kind == "cuda" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak_bytes": peak, "version": version(way, what == "training" and more)}), flush=True)


main()
